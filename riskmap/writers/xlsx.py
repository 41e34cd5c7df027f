"""Excel workbook of an export: texts cannot run, numbers stay numbers, the mark stands in the footer and on a sheet."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from riskmap.core.formula import escape
from riskmap.writers.delimited import plain

_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # not allowed in XML 1.0
_HEAD = PatternFill("solid", fgColor="E8EEF4")
_BOLD = Font(bold=True)
_MOST = 1_048_575


def write(title: str, columns: Sequence[Any], rows: Iterable[Mapping[str, Any]], mark: str) -> bytes:
    """Raises ValueError for more rows than a sheet holds."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(sheet_title(title))
    sheet.freeze_panes = "A2"
    for c, column in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(c)].width = min(40, max(10, 2 + 2 * len(column.heading)))
    sheet.append([_heading(sheet, column.heading) for column in columns])
    n = 0
    for n, row in enumerate(rows, 1):
        if n > _MOST:
            raise ValueError("too many rows for a sheet")
        sheet.append([_cell(sheet, row.get(c.name), c.kind) for c in columns])
    sheet.auto_filter.ref = f"A1:{get_column_letter(max(1, len(columns)))}{n + 1}"
    if mark:
        sheet.oddFooter.center.text = re.sub("&", "&&", mark)
        about = book.create_sheet("说明")
        for line in ("导出说明 about this export", mark, f"{n} 行 rows", "坐标 WGS 84 (EPSG:4326)，经度在前 longitude first"):
            about.append([safe(line)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def safe(text: str) -> str:
    """A text for a cell: without what XML forbids, never a formula, not longer than a cell holds."""
    return escape(_ILLEGAL.sub("", text))[:32_767]


def sheet_title(title: str) -> str:
    """A name Excel takes for a sheet."""
    return re.sub(r"[\[\]:*?/\\']", " ", title).strip()[:31] or "数据"


def _heading(sheet: Any, text: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, safe(text))
    cell.font, cell.fill, cell.alignment = _BOLD, _HEAD, Alignment(wrap_text=True, vertical="center")
    return cell


def _cell(sheet: Any, value: Any, kind: str) -> Any:
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        return value
    if isinstance(value, bool):
        return "是" if value else "否"
    if kind == "date" and isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        value = dt.date.fromisoformat(value)
    if isinstance(value, dt.datetime):
        value = value.isoformat(" ", "minutes")
    if isinstance(value, dt.date):
        cell = WriteOnlyCell(sheet, value)
        cell.number_format = "yyyy-mm-dd"
        return cell
    return safe(plain(value)) or None
