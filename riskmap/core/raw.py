"""A raw cell: its plain text, what counts as blank, and what may be said about it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from riskmap.core.finding import Severity


class Trouble(NamedTuple):
    """What is wrong with one value: 'refuse' comes with no value, 'warn' with one that was taken."""

    code: str
    severity: Severity
    reason: str
    remedy: str
    proposal: Any = None


Parsed = tuple[Any, Trouble | None]
Parser = Callable[[Any], Parsed]

# What offices write where there is nothing. For numbers, dates and codes also the words; in a free text "无" is an answer.
BLANK = frozenset({"", "-", "--", "—", "——", "/", "\\", "n/a", "na", "null", "none", "nan", "nil", "#n/a", "…", "...", "*"})
NOTHING = BLANK | {"无", "暂无", "不详", "未知", "待补", "待定", "待填", "空", "未填", "无数据", "unknown"}


def plain(value: Any) -> str:
    """Half-width, trimmed text of a cell, for reading figures, dates and codes. '' for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return unicodedata.normalize("NFKC", str(value)).strip()


def parse_column(cells: Sequence[Any], parse: Parser) -> tuple[list[Any], list[tuple[int, Trouble]]]:
    """n cells → n values and (row index, trouble); every distinct cell is parsed once."""
    kinds = set(map(type, cells))
    if kinds == {type(None)}:
        return list(cells), []
    if kinds & {list, tuple, dict} or (bool in kinds and len(kinds - {bool, type(None), str})):  # True == 1 would share an answer
        parsed = [parse(c) for c in cells]
        return [v for v, _ in parsed], [(i, t) for i, (_, t) in enumerate(parsed) if t]
    answers = {c: parse(c) for c in set(cells)}
    values = {c: v for c, (v, _) in answers.items()}
    troubles = {c: t for c, (_, t) in answers.items() if t}
    out = [values[c] for c in cells]
    return out, [(i, troubles[c]) for i, c in enumerate(cells) if c in troubles] if troubles else []
