"""The workbook given back for files that were none: the table as read, bad cells coloured, a column 原因."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font, PatternFill

from riskmap.writers.xlsx import safe

FILLS = {"refuse": "FFFF6B6B", "incomplete": "FFFFE8A3", "warn": "FFFFC078"}


def returned(columns: Mapping[str, Sequence[Any]], row_no: Sequence[int], marks: Iterable[Mapping[str, Any]]) -> bytes:
    """columns: heading → n raw cells; row_no: n row numbers; marks: {row, heading or '', severity, text}."""
    by_row: dict[int, list[Mapping[str, Any]]] = {}
    for m in marks:
        by_row.setdefault(m["row"], []).append(m)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("数据")
    sheet.freeze_panes = "A2"
    fills = {severity: PatternFill("solid", fgColor=colour) for severity, colour in FILLS.items()}
    headings = list(columns)

    def cell(value: Any, fill: Any = None, bold: bool = False) -> Any:
        shown = safe(str(value)) or None if isinstance(value, str) else value
        if fill is None and not bold:
            return shown
        made = WriteOnlyCell(sheet, shown)
        if fill is not None:
            made.fill = fill
        if bold:
            made.font = Font(bold=True)
        return made

    sheet.append([cell("行号", bold=True), *(cell(h, bold=True) for h in headings), cell("原因", bold=True)])
    for i, row in enumerate(row_no):
        told = by_row.get(int(row), [])
        bad = {m["heading"]: fills[m["severity"]] for m in reversed(told)}
        sheet.append(
            [
                int(row),
                *(cell(columns[h][i], bad.get(h)) for h in headings),
                cell("；".join(m["text"] for m in told if m["text"])),
            ]
        )
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
