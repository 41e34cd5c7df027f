"""Chemicals as a person gives them, and the working: every row reachable, units exact, order-free, monotone, S = Σ."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap import catalogue
from riskmap.core.chemical import Tables
from riskmap.core.holding import checked
from riskmap.core.working import doubts, worked
from riskmap.settings import settings

CODES = settings().data_dir / "codes"
TABLES: Tables = catalogue.gb18218(CODES)


def work(lines, people=0):
    found = checked(lines, TABLES)
    assert found.holdings is not None, found.findings
    return worked(found.kept, found.holdings, people, TABLES, {})


@pytest.mark.parametrize(("lines", "people", "s", "r", "grade"), [
    ([{"chemical": "氨", "amount": "15"}, {"chemical": "氯", "amount": "3"}], 60, "2.1", "8.1", "四级"),
    ([{"chemical": "氯", "amount": "100"}], 100, "20", "160", "一级"),
    ([{"chemical": "汽油", "cas": "86290-81-5", "symbols": "W5.3", "amount": "5000"}], 0, "25", "12.5", "三级"),
])  # fmt: skip
def test_worked_examples(lines, people, s, r, grade) -> None:
    found = work(lines, people)
    assert (found["s"], found["r"], found["grade"]) == (s, r, grade)
    assert all(step["clause"] for step in found["steps"]) and found["steps"][-1]["text"] == grade


@pytest.mark.parametrize("row", TABLES.table1, ids=lambda row: row["code"])
def test_every_row_of_table_1_is_reached_by_name(row) -> None:
    found = work([{"chemical": row["zh"], "amount": row["q_critical_t"], "symbols": ["W2"]}])
    assert found["s"] == "1" and found["lines"][0]["q_source"] == f"表1 no. {row['code']}"


@pytest.mark.parametrize("row", TABLES.classes.values(), ids=lambda row: row["code"])
def test_every_class_of_table_2_is_reached_by_its_symbol(row) -> None:
    found = work([{"chemical": "某物质", "amount": row["q_critical_t"], "symbols": [row["code"].lower()]}])
    assert found["s"] == "1" and Decimal(found["r"]) == Decimal("0.5") * Decimal(row["beta"])


AMOUNT = st.decimals(0, 100_000, places=6)


@given(AMOUNT)
def test_a_tonne_is_a_thousand_kilograms_whatever_the_volume_says(q) -> None:
    lines = [{"amount": str(q), "unit": "t"}, {"amount": f"{q:f}", "unit": "m3", "density": "1"}]
    kilograms = str((q * 1000).quantize(Decimal("0.001")))
    lines.append({"amount": kilograms, "unit": "kg"})
    figures = {Decimal(checked([one | {"chemical": "氯"}], TABLES).kept[0]["design_max_t"]) for one in lines}
    assert figures == {q}


@given(AMOUNT, st.decimals("0.000001", 20, places=6))
def test_a_volume_is_exact(v, rho) -> None:
    kept = checked([{"chemical": "氯", "amount": str(v), "unit": "m³", "density": str(rho)}], TABLES).kept[0]
    assert Fraction(kept["design_max_t"]) == Fraction(str(v)) * Fraction(str(rho))


NAMES = st.sampled_from(["氯", "氨", "硫化氢", "溴甲烷", "氯化氢(无水)"])
LINES = st.lists(st.tuples(NAMES, AMOUNT), min_size=1, max_size=5, unique_by=lambda x: x[0])


@given(LINES, st.randoms(), st.integers(0, 200))
def test_s_is_the_sum_in_any_order(given_lines, random, people) -> None:
    lines = [{"chemical": name, "amount": str(q)} for name, q in given_lines]
    shuffled = lines[:]
    random.shuffle(shuffled)
    a, b = work(lines, people), work(shuffled, people)
    assert [a[k] for k in ("s", "r", "grade", "is_major")] == [b[k] for k in ("s", "r", "grade", "is_major")]
    total = sum(Fraction(line["design_max_t"]) / Fraction(line["q_critical_t"]) for line in a["lines"])
    assert abs(Fraction(a["s"]) - total) <= Fraction(1, 1_000_000) and a["is_major"] == (total >= 1)


@given(LINES, AMOUNT, st.integers(0, 200))
def test_more_of_one_never_lowers_anything(given_lines, more, people) -> None:
    lines = [{"chemical": name, "amount": str(q)} for name, q in given_lines]
    before = work(lines, people)
    lines[0]["amount"] = str(given_lines[0][1] + more)
    after = work(lines, people)
    assert Decimal(after["s"]) >= Decimal(before["s"]) and Decimal(after["r"]) >= Decimal(before["r"])


def test_a_mixture_is_counted_as_told_and_unknown_where_not() -> None:
    share = {"chemical": "氨", "amount": "20", "share": "25"}
    assert work([share | {"mixture": "same_class"}])["s"] == "2"
    own = work([share | {"chemical": "氨水", "mixture": "own_class", "symbols": ["J3"]}])
    assert (own["s"], own["lines"][0]["q_source"]) == ("0.4", "表2 J3")
    named = work([share | {"mixture": "own_class", "symbols": ["J3"]}])["lines"][0]
    assert (named["q_source"], named["beta_source"]) == ("表2 J3", "表4 J3")
    found = checked([share], TABLES)
    assert {f["code"] for f in found.findings} == {"mixture-undecided"}
    told = work([share])
    assert told["is_major"] is None and told["r"] is None and not told["s_whole"] and told["unknown"]


@pytest.mark.parametrize(("line", "code"), [
    ({"chemical": "氯"}, "missing"), ({"chemical": "氯", "amount": "-1"}, "not-a-quantity"), ({"chemical": "氯", "amount": "很多"}, "not-a-quantity"),
    ({"chemical": "氯", "amount": "0.1234567"}, "too-fine"), ({"chemical": "氯", "amount": "1", "unit": "m3"}, "density-missing"),
    ({"chemical": "氯", "amount": "1", "unit": "桶"}, "no-unit"), ({"chemical": "氯", "amount": "1", "cas": "7782-50-6"}, "not-a-cas"),
    ({"chemical": "x", "amount": "1", "symbols": "Z9"}, "no-class"), ({"chemical": "硝化棉", "amount": "1", "symbols": "W10"}, "which-row"),
    ({"chemical": "某棉", "amount": "1", "cas": "9004-70-0"}, "which-row"), ({"amount": "1"}, "missing"),
])  # fmt: skip
def test_what_is_refused_names_its_line(line, code) -> None:
    found = checked([{"chemical": "氨", "amount": "1"}, {}, line], TABLES)
    assert found.holdings is None
    assert [(f["code"], f["row"]) for f in found.findings if f["severity"] == "refuse"] == [(code, 2)]


def test_figures_as_people_write_them() -> None:
    found = checked([{"chemical": " 液氯 ", "amount": "１,２００．５", "unit": "公斤", "on_site": "2"}], TABLES)
    assert found.kept[0]["design_max_t"] == "1.2005" and [f["code"] for f in found.findings] == ["over-design"]


def test_the_r_typed_is_compared_to_as_many_decimals_as_were_typed() -> None:
    found = work([{"chemical": "氯", "amount": "7"}, {"chemical": "氯化氢(无水)", "amount": "7"}], 30)
    assert found["r"] == "7.98"
    assert doubts(found, {"r_value": 8.0, "hazard_grade": "四级"}) == [] and doubts(found, {"r_value": 7.9})
