"""From a sheet as it lies in the file to a table with one heading a column: titles, two-row headings, notes, totals apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from riskmap.core.finding import Finding, finding
from riskmap.core.heading import Vocabulary, key
from riskmap.errors import BadFile

Cell = str | int | float | bool | None
_NOTE = re.compile(
    r"^[(（\[【]?\s*(注|备注|说明|附注|填表|填报|制表|审核|联系人|联系电话|单位负责人|负责人|数据来源|来源|统计时间|截至|打印)[^\d]{0,6}[:：\d.、]"
)
_TOTAL = re.compile(r"^(合\s*计|总\s*计|小\s*计|共\s*计|total|subtotal)\s*[:：]?$", re.I)
_EXAMPLE = re.compile(r"^[(（【]?\s*(示例|样例|举例|填写示例|example)\s*[)）】]?[:：]?", re.I)
_LOOK = 40  # rows from the top in which a heading is looked for


@dataclass(slots=True)
class Sheet:
    """Cells of one sheet, by column. `row_no` int64[n]: the row numbers a person sees; only rows with a cell are held.

    `headings` is given where the format has field names (GeoJSON, GeoPackage, Shapefile); then every row is data.
    `merges`: (first row, first column, last row, last column), rows as seen, columns from 0.
    """

    name: str
    row_no: np.ndarray
    columns: list[list[Cell]]
    headings: list[str] | None = None
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden: bool = False


@dataclass(slots=True)
class Source:
    """A file as read: kind (xlsx csv geojson gpkg shp), the coordinate system it declares or None, its sheets, and remarks."""

    kind: str
    sheets: list[Sheet]
    crs: str | None = None
    encoding: str | None = None
    remarks: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """What core.feature.check takes: heading → n cells, n row numbers; and what was left out, told."""

    columns: dict[str, list[Cell]]
    row_no: np.ndarray
    heading_rows: tuple[int, ...]  # as seen in the file; () where the format has field names
    sheet: str
    kind: str
    crs: str | None = None
    remarks: list[Finding] = field(default_factory=list)
    positions: dict[str, int] = field(default_factory=dict)  # heading → column of the sheet, from 0

    @property
    def n(self) -> int:
        return len(self.row_no)


def blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def find(source: Source, words: Vocabulary, given: Iterable[str] = ()) -> Table:
    """The table of the sheet whose headings the vocabulary knows best. `given`: headings the person named.

    Raises BadFile when no sheet holds a heading row with data under it.
    """
    best: tuple[float, Sheet, tuple[int, ...], list[str]] | None = None
    named = {key(h) for h in given}
    for sheet in source.sheets:
        if sheet.hidden or not len(sheet.row_no):
            continue
        if sheet.headings is not None:
            score, at, headings = _score(sheet.headings, words, named) + 1, (), list(sheet.headings)
        else:
            score, at, headings = _heading(sheet, words, named)
        if headings and (best is None or score > best[0]):
            best = (score, sheet, at, headings)
    if best is None:
        raise BadFile(
            "没有找到表头和数据 (no heading row with data under it)",
            where="、".join(s.name for s in source.sheets if s.name) or None,
            remedy="第一行写字段名，下面逐行填数据；可下载本图层的导入模板",
        )
    _, sheet, at, headings = best
    table = _cut(sheet, at, headings, source)
    others = [s.name for s in source.sheets if s is not sheet and not s.hidden and len(s.row_no)]
    if others:
        table.remarks.append(
            finding(
                0,
                "",
                "",
                "、".join(others),
                "other-sheets",
                "warn",
                f"只读取了工作表“{sheet.name}” (only this sheet was read)",
                "其他工作表请另存为单独文件导入",
            )
        )
    return table


def _score(headings: Sequence[Any], words: Vocabulary, named: set[str]) -> float:
    fields: dict[str, float] = {}
    total = 0.0
    for h in headings:
        if blank(h) or not isinstance(h, str):
            continue
        if key(h) in named:
            total += 1.5
        elif (claim := words.match(h)) is not None:
            fields[claim.field] = max(fields.get(claim.field, 0), claim.confidence)
    return total + sum(fields.values())


def _heading(sheet: Sheet, words: Vocabulary, named: set[str]) -> tuple[float, tuple[int, ...], list[str]]:
    """Score, indices of the heading rows (one or two), and the joined headings."""
    top = min(_LOOK, len(sheet.row_no))
    rows = [[column[i] for column in sheet.columns] for i in range(top)]
    best: tuple[float, tuple[int, ...], list[str]] = (0.0, (), [])
    for i, row in enumerate(rows):
        if sum(not blank(c) for c in row) == 0 or any(isinstance(c, (int, float)) and not isinstance(c, bool) for c in row):
            continue
        single = [_label(c) for c in row]
        score = _score(single, words, named)
        if score > best[0]:
            best = (score, (i,), single)
        if i + 1 < top and _may_be_second(sheet, rows, i):
            joined = _join(sheet, rows[i], rows[i + 1], int(sheet.row_no[i]))
            score = _score(joined, words, named) - 0.05
            if score > best[0]:
                best = (score, (i, i + 1), joined)
    if not best[1]:  # no word known: the first row of only text with as many cells as the row below
        for i in range(top - 1):
            filled = [c for c in rows[i] if not blank(c)]
            below = sum(not blank(c) for c in rows[i + 1])
            if len(filled) >= max(1, below - 1) and all(isinstance(c, str) for c in filled) and len(set(filled)) == len(filled):
                return 0.01, (i,), [_label(c) for c in rows[i]]
    return best


def _label(cell: Cell) -> str:
    return "" if blank(cell) else re.sub(r"\s+", " ", str(cell)).strip()


def _may_be_second(sheet: Sheet, rows: list[list[Cell]], i: int) -> bool:
    """Can row i + 1 be the lower half of a heading: only text, and filled somewhere row i is empty or merged."""
    upper, lower = rows[i], rows[i + 1]
    if any(not blank(c) and not isinstance(c, str) for c in lower) or sheet.row_no[i + 1] != sheet.row_no[i] + 1:
        return False
    row = int(sheet.row_no[i])
    if any(r1 == row and (r2 > row or c2 > c1) for r1, c1, r2, c2 in sheet.merges):
        return True
    return any(blank(a) and not blank(b) for a, b in zip(upper, lower, strict=True))


def _join(sheet: Sheet, upper: list[Cell], lower: list[Cell], row: int) -> list[str]:
    """'库存' over '数量', '单位' → 库存-数量, 库存-单位. A group reaches right over cells that have a lower half only."""
    spans = {c1: c2 for r1, c1, r2, c2 in sheet.merges if r1 == row and r2 == row and c2 > c1}
    joined, group, until = [], "", -1
    for c, (a, b) in enumerate(zip(upper, lower, strict=True)):
        if not blank(a):
            group, until = _label(a), spans.get(c, len(upper) if not sheet.merges else c)
        elif blank(b) or c > until:
            group = ""
        under = _label(b)
        joined.append(f"{group}-{under}" if group and under else group or under)
        if blank(b):
            group = "" if blank(a) or c >= until or not sheet.merges else group
    return joined


def _cut(sheet: Sheet, at: tuple[int, ...], headings: list[str], source: Source) -> Table:
    """Rows under the heading that are data; the others are told."""
    start = at[-1] + 1 if at else 0
    remarks = list(source.remarks)
    columns, positions = _named(sheet, headings, start, remarks)
    row_no = sheet.row_no[start:]
    body = list(columns.values())
    keep = np.ones(len(row_no), dtype=bool)
    if sheet.headings is None and len(row_no):
        keep = _data_rows(sheet, start, headings, remarks)
    if not keep.all():
        kept = np.flatnonzero(keep).tolist()
        body = [[column[i] for i in kept] for column in body]
        row_no = row_no[keep]
    if not len(row_no):
        raise BadFile("表头下面没有数据 (no data under the heading)", where=sheet.name or None, remedy="请从表头的下一行开始填写")
    rows = tuple(int(sheet.row_no[i]) for i in at)
    return Table(dict(zip(columns, body, strict=True)), row_no, rows, sheet.name, source.kind, source.crs, remarks, positions)


def _named(sheet: Sheet, headings: list[str], start: int, remarks: list[Finding]) -> tuple[dict[str, list[Cell]], dict[str, int]]:
    """Columns by heading. A heading used twice gets a number; a column with cells but no heading is told and left out."""
    columns: dict[str, list[Cell]] = {}
    positions: dict[str, int] = {}
    for c, heading in enumerate(headings):
        cells = sheet.columns[c][start:] if start else sheet.columns[c]
        if not heading:
            if any(not blank(v) for v in cells):
                remarks.append(
                    finding(
                        0,
                        letter(c),
                        "",
                        "",
                        "no-heading",
                        "warn",
                        f"{letter(c)} 列没有表头，未读取 (a column without a heading was left out)",
                        "请补写表头后重新上传",
                    )
                )
            continue
        name, n = heading, 2
        while name in columns:
            name, n = f"{heading} ({n})", n + 1
        columns[name], positions[name] = cells, c
    return columns, positions


def _data_rows(sheet: Sheet, start: int, headings: list[str], remarks: list[Finding]) -> np.ndarray:
    """Which rows from `start` on are data: not blank, no note, total, example or repeated heading."""
    n = len(sheet.row_no) - start
    filled = np.zeros(n, dtype=np.int32)
    for column in sheet.columns:
        filled += np.fromiter((v is not None and v != "" for v in column[start:]), dtype=bool, count=n)
    keep = filled > 0
    width = sum(bool(h) for h in headings)
    shown = [h for h in headings]
    suspects = np.flatnonzero(keep & (filled <= max(2, width // 3)) if width > 3 else keep & (filled <= 1))
    looked = set(suspects.tolist()) | set(range(min(3, n)))
    first = [column[start:] for column in sheet.columns[:2]]
    for column in first:  # totals, examples and repeated headings show in the first two columns
        looked.update(
            i
            for i, v in enumerate(column)
            if isinstance(v, str) and v and (v in shown or v[0] in "合总小共示样举填例(（【tTsSeE")
        )
    last = int(np.flatnonzero(keep)[-1]) if keep.any() else -1
    for i in sorted(looked):
        if not keep[i]:
            continue
        cells = [column[start + i] for column in sheet.columns]
        texts = [unicodedata.normalize("NFKC", v).strip() for v in cells if isinstance(v, str) and v.strip()]
        told = _not_data(i, cells, texts, headings, int(filled[i]), width, sheet, start, last)
        if told is None and not texts and all(blank(c) for c in cells):
            keep[i] = False
        elif told:
            keep[i] = False
            remarks.append(
                finding(int(sheet.row_no[start + i]), "", "", texts[0] if texts else "", told[0], "warn", told[1], told[2])
            )
    return keep


def _not_data(
    i: int, cells: list[Cell], texts: list[str], headings: list[str], filled: int, width: int, sheet: Sheet, start: int, last: int
) -> tuple[str, str, str] | None:
    """Why a row is no data (code, reason, remedy), or None."""
    ok = "如确为数据，请改写后重新上传"
    if not texts:
        if i == 0 and filled == width > 2 and [c for c in cells if c is not None] == list(range(1, filled + 1)):
            return "numbering", "栏号行，未登记 (a row of column numbers)", ok
        return None
    if any(_EXAMPLE.match(t) for t in texts[:2]) and filled > 1:
        return "example", "示例行，未登记 (an example row)", ok
    if any(_TOTAL.match(t) for t in texts[:2]):
        return "total", "合计行，未登记 (a total row)", ok
    same = sum(1 for c, h in zip(cells, headings, strict=True) if h and isinstance(c, str) and _label(c) == h)
    if same >= max(2, width // 2):
        return "repeated-heading", "重复的表头，未登记 (the heading again)", ok
    if _NOTE.match(texts[0]) and filled <= max(2, width // 3):
        return "note", "表下附注，未登记 (a note)", ok
    gap = (
        i > 0
        and sheet.row_no[start + i] > sheet.row_no[start + i - 1] + 1
        or (i > 0 and all(blank(column[start + i - 1]) for column in sheet.columns))
    )
    if filled == 1 and width > 2 and i == last and (gap or len(texts[0]) > 30):
        return "note", "表下附注，未登记 (a note)", ok
    return None


def letter(column: int) -> str:
    """0 → A, 26 → AA: the column's name in a spreadsheet."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name
