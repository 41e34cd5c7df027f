"""What the child hands back: sheets by column, as lines of JSON (nothing that could run on loading)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from riskmap.errors import TooLarge
from riskmap.readers.sandbox import PROGRESS

_WIDE = 1 << 63
_EVERY = 2_000  # rows between two words on how far the reading is


@dataclass(slots=True)
class Grid:
    """Cells of one sheet while it is read: rows come in order, only their filled cells are named."""

    name: str
    limits: dict[str, int]
    headings: list[str] | None = None
    hidden: bool = False
    row_no: list[int] = field(default_factory=list)
    columns: list[list[Any]] = field(default_factory=list)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)

    def add(self, row: int, cells: dict[int, Any]) -> None:
        """One row: column from 0 → cell. Rows without a cell are not added. Raises TooLarge past the row limit."""
        n = len(self.row_no)
        # titles, headings and notes stand beside the rows that count
        if n >= self.limits["rows"] + 100:
            raise TooLarge(
                f"超过 {self.limits['rows']} 行 (too many rows)",
                where=self.name or None,
                remedy="请拆分文件，或用命令行 riskmap import 导入",
            )
        last = max(cells)
        while len(self.columns) <= last:
            self.columns.append([None] * n)
        self.row_no.append(row)
        if n % _EVERY == _EVERY - 1:
            Path(PROGRESS).write_text(str(n + 1), "ascii")  # the child stands in its scratch folder
        for c, column in enumerate(self.columns):
            column.append(cells.get(c))


@dataclass(slots=True)
class Answer:
    kind: str
    grids: list[Grid]
    crs: str | None = None
    encoding: str | None = None
    remarks: list[dict[str, Any]] = field(default_factory=list)

    def remark(self, row: int, column: str, value: Any, code: str, reason: str, remedy: str) -> None:
        """A remark on one row or (row 0) the file."""
        if len(self.remarks) < 2_000:
            self.remarks.append(
                {"row": row, "column": column, "field": "", "value": value, "code": code, "reason": reason, "remedy": remedy}
            )

    def write(self, path: Path) -> None:
        for grid in self.grids:
            rows = len(grid.row_no) - (0 if grid.headings is not None else 1)
            if rows > grid.limits["rows"]:
                raise TooLarge(
                    f"{rows} 行，超过 {grid.limits['rows']} 行 (too many rows)",
                    where=grid.name or None,
                    remedy="请拆分文件，或用命令行 riskmap import 导入",
                )
        with path.open("wb") as out:
            head = {
                "kind": self.kind,
                "sheets": len(self.grids),
                "crs": self.crs,
                "encoding": self.encoding,
                "remarks": self.remarks,
            }
            out.write(orjson.dumps(head, option=orjson.OPT_APPEND_NEWLINE))
            for grid in self.grids:
                about = {
                    "name": grid.name,
                    "headings": grid.headings,
                    "hidden": grid.hidden,
                    "merges": grid.merges,
                    "columns": len(grid.columns),
                }
                out.write(orjson.dumps(about, option=orjson.OPT_APPEND_NEWLINE))
                out.write(orjson.dumps(grid.row_no, option=orjson.OPT_APPEND_NEWLINE))
                for column in grid.columns:
                    out.write(_column(column))


def _column(column: list[Any]) -> bytes:
    try:
        return orjson.dumps(column, option=orjson.OPT_APPEND_NEWLINE)
    except (TypeError, orjson.JSONEncodeError):  # integers past 64 bits, lone surrogates
        return orjson.dumps([_plain(v) for v in column], option=orjson.OPT_APPEND_NEWLINE)


def _plain(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if -_WIDE <= value < _WIDE else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value).encode("utf-8", "replace").decode("utf-8")
