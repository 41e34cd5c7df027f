"""A person's own workbook with its faults shown: bad cells coloured, one column 原因 added, everything else as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from riskmap.core.formula import escape
from riskmap.errors import BadFile
from riskmap.readers.archive import Archive

REASON = "原因"
FILLS = {
    "refuse": PatternFill("solid", fgColor="FFFF6B6B"),
    "incomplete": PatternFill("solid", fgColor="FFFFE8A3"),
    "warn": PatternFill("solid", fgColor="FFFFC078"),
}


def mark(path: Path, out: Path, order: dict[str, Any], limits: dict[str, int]) -> None:
    """Write the workbook at `path` to `out` with `order["marks"]` shown. Runs in the child: the file is a stranger's still."""
    with Archive(path, limits):
        pass  # the same promises are checked again before the whole is opened
    with path.open("rb") as file:                # by handle: an upload's name has no suffix
        book = openpyxl.load_workbook(file, keep_links=False)
    if order["sheet"] not in book.sheetnames:
        raise BadFile("工作簿里没有该工作表 (the sheet is gone)", where=order["sheet"], remedy="请重新上传")
    sheet = book[order["sheet"]]
    column = _reason_column(sheet, order["heading_row"])
    head = sheet.cell(order["heading_row"], column, REASON)
    head.font, head.fill = Font(bold=True), FILLS["refuse"]
    sheet.column_dimensions[get_column_letter(column)].width = 60
    for m in order["marks"]:
        if m["column"] is not None:
            sheet.cell(m["row"], m["column"] + 1).fill = FILLS[m["severity"]]
        cell = sheet.cell(m["row"], column)
        if m["text"]:
            cell.value = escape(m["text"])[:32_767]
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    book.save(out)


def _reason_column(sheet: Any, heading_row: int) -> int:
    """The column of an earlier 原因, else the first free one after the headings."""
    last = 0
    for cell in sheet[heading_row][:250]:
        if cell.value == REASON:
            return cell.column
        if cell.value is not None:
            last = cell.column
    while last < 250 and any(
        sheet.cell(r, last + 1).value is not None for r in range(heading_row, min(sheet.max_row, heading_row + 200) + 1)
    ):
        last += 1
    return last + 1
