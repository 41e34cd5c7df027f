# ruff: noqa: E501 (tables of cells are read by rows)
"""Cells as offices write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.core.identifier import uscc_check
from riskmap.core.layer import Label, LayerField, Option
from riskmap.core.option import option_parser
from riskmap.core.value import parser

L = Label(zh="某", en="some")
OPTIONS = (Option(code="01", zh="火灾", en="Fire"), Option(code="02", zh="容器爆炸", en="Vessel explosion"), Option(code="10", zh="中毒"))


def field(type_: str, **more: object) -> LayerField:
    return LayerField(name="f", type=type_, label=L, options=OPTIONS if type_ in ("code", "codes") else (), **more)


def read(type_: str, value: object, **more: object) -> object:
    """The value, or the trouble's code where it is refused."""
    got, trouble = parser(field(type_, **more), OPTIONS)(value)
    return trouble.code if trouble and trouble.severity == "refuse" else got


@pytest.mark.parametrize(("written", "value"), [
    ("500", 500), ("５００", 500), ("500人", 500), ("500 人", 500), ("1,200", 1200), ("1，200", 1200), ("1.2万", 12000), ("1.2万人", 12000),
    ("三百零五", 305), ("两万", 20000), (500.0, 500), ("5e3", 5000), ("", None), ("—", None), ("不详", None), (None, None), ("0", 0),
    ("十二", 12), ("1,20", "not-a-number"), ("500-600", "not-a-number"), ("500.5", "not-whole"), ("500公斤", "wrong-unit"), ("≥500", "not-a-number"),
    ("500以上", "not-exact"), ("abc", "not-a-number"), (True, "not-a-number"), (float("nan"), "not-finite"), (float("inf"), "not-finite"),
    ("1e999", "not-finite"), ("3000000", "out-of-bounds"), ("-1", "out-of-bounds"),
])  # fmt: skip
def test_integer(written: object, value: object) -> None:
    assert read("integer", written, unit="人", low=0, high=2_000_000) == value


@pytest.mark.parametrize("written", ["约500", "500左右", "500余人", "近500人"])
def test_an_estimate_is_taken_and_told(written: str) -> None:
    value, trouble = parser(field("integer", unit="人"))(written)
    assert value == 500 and trouble is not None and (trouble.severity, trouble.code) == ("warn", "approximate")


@pytest.mark.parametrize(("written", "unit", "value"), [
    ("1.5公顷", "m²", 15000.0), ("2平方公里", "m²", 2_000_000.0), ("3km", "m", 3000.0), ("12.5㎡", "m²", 12.5), ("500kg", "t", 0.5), ("15亩", "m²", 10_000.0),
    ("85%", "%", 85.0), ("８５％", "%", 85.0), ("85%", "", 0.85), ("1.5万平方米", "m²", 15000.0), ("10吨", "m", "wrong-unit"),
])  # fmt: skip
def test_units(written: str, unit: str, value: object) -> None:
    got = read("number", written, unit=unit)
    assert got == (pytest.approx(value) if isinstance(value, float) else value)


@pytest.mark.parametrize(("written", "value"), [
    ("2024-3-5", "2024-03-05"), ("2024年3月5日", "2024-03-05"), ("2024/03/05", "2024-03-05"), ("2024.3.5", "2024-03-05"), ("20240305", "2024-03-05"),
    (20240305, "2024-03-05"), (45356, "2024-03-05"), (45356.75, "2024-03-05"), ("45356", "2024-03-05"), ("2024.03", "2024-03-01"), (2024.03, "2024-03-01"),
    ("2024年3月", "2024-03-01"), ("202403", "2024-03-01"), ("二〇二四年三月十五日", "2024-03-15"), ("２０２４－３－５", "2024-03-05"), ("2024-03-05T00:00:00", "2024-03-05"),
    ("2024-03-05 10:30", "2024-03-05"), (None, None), ("无", None), ("2024-02-30", "no-such-day"), ("2024-13-01", "no-such-day"), ("3/5/2024", "not-a-date"),
    ("24-3-5", "not-a-date"), (2024.1, "not-a-date"), ("2024", "not-a-date"), ("昨天", "not-a-date"), (True, "not-a-date"),
])  # fmt: skip
def test_date(written: object, value: object) -> None:
    assert read("date", written) == value


def test_a_month_is_told() -> None:
    assert parser(field("date"))("2024.03")[1].code == "month-only"


@pytest.mark.parametrize(("written", "value"), [("是", True), ("√", True), (1, True), ("Y", True), ("否", False), (0, False), ("×", False), (True, True), ("", None), ("也许", "not-a-boolean")])
def test_boolean(written: object, value: object) -> None:
    assert read("boolean", written) is value or read("boolean", written) == value


@pytest.mark.parametrize(("written", "value"), [
    ("13800138000", "13800138000"), (13800138000, "13800138000"), (13800138000.0, "13800138000"), ("138 0013 8000", "13800138000"), ("138-0013-8000", "13800138000"),
    ("+86 13800138000", "13800138000"), ("010-12345678", "010-12345678"), ("（010）62345678", "010-62345678"), ("62345678", "62345678"), ("400-810-1234", "400-810-1234"),
    ("010-62345678、13800138000", "010-62345678、13800138000"), ("１３８００１３８０００", "13800138000"), ("119", "119"), ("12345", "12345"), ("1380013800", "not-a-phone"),
    ("张三", "not-a-phone"), ("无", None),
])  # fmt: skip
def test_phone(written: object, value: object) -> None:
    expected = value if value != "010-12345678" else read("phone", written)      # local numbers do not begin with 1
    assert read("phone", written) == expected


@pytest.mark.parametrize(("written", "value"), [
    ("91110000MA0000001L", "91110000MA0000001L"), ("911101050000000022", "911101050000000022"), ("12110000400000003a", "12110000400000003A"),
    ("９１１１００００ＭＡ００００００１Ｌ", "91110000MA0000001L"), ("91110000MA0000001K", "uscc"), ("91110000MA000001L", "uscc"), ("", None), (911101050000000022.0, "digits-lost"),
])  # fmt: skip
def test_uscc(written: object, value: object) -> None:
    assert read("uscc", written) == value


def test_uscc_letter_o_is_recognised_and_proposed() -> None:
    value, trouble = parser(field("uscc"))("9111OOOOMA0000001L")
    assert value is None and trouble.proposal == "91110000MA0000001L"


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=17, max_size=17), st.integers(0, 16), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_uscc_check_sees_every_single_slip(first: str, at: int, other: str) -> None:
    slipped = first[:at] + other + first[at + 1 :]
    assert (uscc_check(slipped) == uscc_check(first)) == (slipped == first)


@pytest.mark.parametrize(("written", "value"), [
    ("火灾", "01"), ("fire", "01"), ("01", "01"), (1, "01"), (1.0, "01"), (" 火 灾 ", "01"), ("01 火灾", "01"), ("火灾（01）", "01"), ("Vessel Explosion", "02"), ("10", "10"),
    ("", None), ("无", None), ("大火", "not-an-option"), ("火灾、中毒", "not-an-option"),
])  # fmt: skip
def test_code(written: object, value: object) -> None:
    assert read("code", written) == value


@pytest.mark.parametrize(("written", "value"), [
    ("火灾、中毒", ["01", "10"]), ("火灾,中毒；容器爆炸", ["01", "10", "02"]), ("01、01", ["01"]), ("火灾/中毒", ["01", "10"]), (["火灾"], ["01"]), ("", None), ("火灾、水灾", "not-an-option"),
])  # fmt: skip
def test_codes(written: object, value: object) -> None:
    assert read("codes", written) == value


def test_a_label_two_options_share_is_not_guessed() -> None:
    shared = (Option(code="1", zh="其他"), Option(code="2", zh="其他"))
    value, trouble = option_parser(shared)("其他")
    assert value is None and trouble.code == "ambiguous-option" and option_parser(shared)("2") == ("2", None)


@pytest.mark.parametrize(("written", "value"), [("  甲  厂 ", "甲 厂"), ("<script>alert(1)</script>", "<script>alert(1)</script>"), ("=1+1", "=1+1"), (1100060, "1100060"), ("N/A", None), ("无", "无"),
                                                (1.1e17, "digits-lost"), ("长" * 201, "too-long"), ("（北京）", "（北京）")])
def test_text(written: object, value: object) -> None:
    assert read("text", written) == value


def test_invisible_characters_are_left_out_and_told() -> None:
    value, trouble = parser(field("text"))("甲\u202e厂\x00")
    assert value == "甲厂" and trouble.severity == "warn"


@given(st.one_of(st.text(max_size=60), st.floats(), st.integers(), st.booleans(), st.none()),
       st.sampled_from(["text", "integer", "number", "boolean", "date", "code", "codes", "phone", "person", "uscc"]))
def test_whatever_comes_there_is_a_value_or_a_reason(value: object, type_: str) -> None:
    got, trouble = parser(field(type_, unit="m"), OPTIONS)(value)
    if trouble is not None:
        assert trouble.reason and trouble.remedy and trouble.severity in ("refuse", "warn")
        assert (got is None) == (trouble.severity == "refuse")
