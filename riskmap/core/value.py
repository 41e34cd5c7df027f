"""One cell → one typed value, or the reason why not with its remedy. Office habits are understood, doubt is told.

A parser maps a raw cell to `(value, trouble)`: value None is "missing"; trouble None is "nothing to say". A trouble of severity
'warn' comes with a value that was taken; 'refuse' with None.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from riskmap.core.amount import factor, same_unit
from riskmap.core.day import date
from riskmap.core.formula import unescape
from riskmap.core.identifier import phone, uscc
from riskmap.core.layer import LayerField
from riskmap.core.numeral import SCALE, chinese_integer
from riskmap.core.option import option_parser
from riskmap.core.raw import BLANK, NOTHING, Parsed, Parser, Trouble, plain

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufffe\uffff]")
_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(
    r"^(?P<about>约|大约|大概|近|将近|~|≈)?(?P<figure>[+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?)"
    r"(?P<scale>百万|千万|[十百千万亿])?(?P<many>余|多)?(?P<unit>[^\d\s+\-,.<>≥≤~～至][^\d<>≥≤~～]*\d?)?(?P<some>左右|上下|以上|以内|以下)?$",
    re.I,
)
_YES = frozenset({"是", "有", "√", "✓", "对", "y", "yes", "true", "t", "1"})
_NO = frozenset({"否", "无", "没有", "×", "✗", "x", "错", "n", "no", "false", "f", "0", "不是"})


def text(value: Any, *, max_length: int = 200, blank: frozenset[str] = BLANK, tidy: bool = False) -> Parsed:
    """Free text as written, trimmed. `tidy` also makes it half-width (for codes)."""
    if value is None:
        return None, None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if isinstance(value, float) and not math.isfinite(value):
            return None, Trouble("not-finite", "refuse", "不是有限的数 (not a finite number)", "请改为文本或有效数字")
        if abs(value) >= 1e15:
            return None, Trouble(
                "digits-lost",
                "refuse",
                "长编号以数值存放，第 15 位以后已丢失 (a long number stored as a figure has lost its last digits)",
                "请把该列设为“文本”格式后重新填写完整编号",
            )
        return plain(value), None
    if isinstance(value, bool):
        return plain(value), None
    written = str(value)
    clean = _CONTROL.sub("", written) if _CONTROL.search(written) else written
    trouble = None
    if len(clean) != len(written):
        trouble = Trouble(
            "control-characters", "warn", "含不可见控制字符，已去除 (invisible control characters were left out)", "请核对原文"
        )
    clean = unicodedata.normalize("NFKC", clean).strip() if tidy else unicodedata.normalize("NFC", clean).strip()
    if "\n" in clean or "\t" in clean or "  " in clean:
        clean = _SPACE.sub(" ", clean)
    clean = unescape(clean)
    if clean.casefold() in blank:
        return None, None
    if len(clean) > max_length:
        return None, Trouble(
            "too-long",
            "refuse",
            f"共 {len(clean)} 字，超过上限 {max_length} 字 (longer than {max_length} characters)",
            f"请精简到 {max_length} 字以内",
        )
    return clean, trouble


def _figure(value: Any, unit: str) -> tuple[Decimal | None, Trouble | None]:
    """The decimal a cell stands for, in `unit`."""
    if isinstance(value, bool):
        return None, Trouble("not-a-number", "refuse", "是/否不是数字 (a yes/no, not a number)", "请填写数字")
    if isinstance(value, (int, float)):
        if isinstance(value, float) and not math.isfinite(value):
            return None, Trouble("not-finite", "refuse", "不是有限的数 (not a finite number)", "请填写有效数字")
        return Decimal(repr(value)), None
    written = plain(value)
    if written.casefold() in NOTHING:
        return None, None
    squeezed = _SPACE.sub("", written).replace("，", ",").replace("−", "-")
    match = _NUMBER.match(squeezed)
    if not match:
        whole = chinese_integer(squeezed)
        if whole is not None:
            return Decimal(whole), None
        return None, Trouble(
            "not-a-number",
            "refuse",
            "不是数字 (not a number)",
            "请填写一个数字" + (f"，单位 {unit}" if unit else "") + "；区间请填一个代表值",
        )
    try:
        figure = Decimal(match["figure"].replace(",", ""))
    except InvalidOperation:
        return None, Trouble("not-a-number", "refuse", "不是数字 (not a number)", "请填写一个数字")
    if abs(figure.adjusted()) > 30:
        return None, Trouble("not-finite", "refuse", "数值过大或过小 (beyond any sensible size)", "请填写有效数字")
    figure *= SCALE.get(match["scale"] or "", 1)
    suffix, some = match["unit"] or "", match["some"] or ""
    for word in ("左右", "上下", "以上", "以内", "以下"):
        if suffix.endswith(word):
            suffix, some = suffix[: -len(word)], word
    trouble = None
    if some in ("以上", "以内", "以下"):
        return None, Trouble("not-exact", "refuse", f"“{some}”不是一个确定的数 (a bound, not a number)", "请填写一个确定的数字")
    if match["about"] or match["many"] or some:
        trouble = Trouble(
            "approximate", "warn", f"约数，按 {figure.normalize():f} 登记 (an estimate, taken as written)", "请核实准确数后更正"
        )
    if suffix and not same_unit(suffix, unit):
        if suffix == "%" and not unit:
            figure /= 100
        else:
            times = factor(suffix, unit)
            if times is None:
                return None, Trouble(
                    "wrong-unit",
                    "refuse",
                    f"单位“{suffix}”与本栏单位“{unit or '无'}”不符 (the unit does not fit this field)",
                    f"请换算为{unit}后只填数字" if unit else "请只填数字",
                )
            figure *= times
            trouble = Trouble(
                "unit-converted", "warn", f"由“{suffix}”换算为“{unit}”：{figure.normalize():f} (converted)", "请核对换算结果"
            )
    return figure, trouble


def _bounded(figure: Decimal, field: LayerField) -> Trouble | None:
    low, high = field.low, field.high
    if (low is None or figure >= Decimal(repr(low))) and (high is None or figure <= Decimal(repr(high))):
        return None
    span = f"{'' if low is None else f'{low:g}'}–{'' if high is None else f'{high:g}'}"
    return Trouble("out-of-bounds", "refuse", f"超出允许范围 {span}{field.unit} (outside {span})", f"请填写 {span} 之间的数")


def number(value: Any, field: LayerField) -> Parsed:
    figure, trouble = _figure(value, field.unit)
    if figure is None:
        return None, trouble
    return (None, out) if (out := _bounded(figure, field)) else (float(figure), trouble)


def integer(value: Any, field: LayerField) -> Parsed:
    figure, trouble = _figure(value, field.unit)
    if figure is None:
        return None, trouble
    if figure != figure.to_integral_value():
        return None, Trouble("not-whole", "refuse", f"{figure:f} 不是整数 (not a whole number)", "请填写整数")
    return (None, out) if (out := _bounded(figure, field)) else (int(figure), trouble)


def boolean(value: Any) -> Parsed:
    if isinstance(value, bool):
        return value, None
    written = plain(value).casefold()
    if written in _YES:
        return True, None
    if written in _NO:
        return False, None
    if written in NOTHING:
        return None, None
    return None, Trouble("not-a-boolean", "refuse", "不是“是/否” (neither yes nor no)", "请填“是”或“否”")


def person(value: Any, *, max_length: int = 200) -> Parsed:
    """A person's name. A mask (王****) is not one: it would write over the name it hides."""
    clean, trouble = text(value, max_length=max_length)
    if clean is not None and "**" in unicodedata.normalize("NFKC", clean):
        return None, Trouble("masked", "refuse", "是遮蔽后的姓名，不是姓名 (a masked name, not a name)", "请填真实姓名，或不导入这一列")
    return clean, trouble


def parser(field: LayerField, options: Sequence[Any] = ()) -> Parser:
    """The parser of a declared field. `options`: rows with .code .zh .en for code fields."""
    match field.type:
        case "integer":
            return partial(integer, field=field)
        case "number":
            return partial(number, field=field)
        case "boolean":
            return boolean
        case "date":
            return date
        case "phone":
            return phone
        case "uscc":
            return uscc
        case "person":
            return partial(person, max_length=field.max_length)
        case "code" | "codes":
            return option_parser(options, many=field.type == "codes")
        case _:
            return partial(text, max_length=field.max_length)
