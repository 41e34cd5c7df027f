"""The door to uploads: xlsx, csv, GeoJSON, GeoPackage, zipped Shapefile → raw cells with the row numbers a person sees.

Whatever is read is read in a throw-away child process with limits on memory, time and file size, without
network. A file that is hostile, broken or of an unknown kind is refused with errors.BadFile; the service never parses it itself.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from riskmap.core.finding import finding
from riskmap.core.table import Sheet, Source
from riskmap.errors import BadFile, TooLarge
from riskmap.readers import sandbox
from riskmap.settings import Settings


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one reading. Bytes, rows, columns, characters a cell, seconds of processor time and of the clock."""

    file_bytes: int = 20_000_000
    unpacked_bytes: int = 200_000_000
    rows: int = 50_000
    columns: int = 200
    cell_characters: int = 4_000
    zip_entries: int = 2_000
    ratio: int = 200
    vertices: int = 2_000
    depth: int = 32
    seconds: int = 60
    memory_bytes: int = 1_000_000_000

    @classmethod
    def of(cls, settings: Settings, *, command_line: bool = False) -> Limits:
        """The settings' bounds; the command line may read up to a million rows and takes its time and memory for them."""
        wide = {
            "rows": settings.import_max_rows_cli,
            "file_bytes": 2_000_000_000,
            "unpacked_bytes": max(settings.unpacked_max_bytes, 2_000_000_000),
            "seconds": max(settings.parse_seconds, 600),
            "memory_bytes": max(settings.parse_memory_bytes, 6_000_000_000),
        }
        narrow = {
            "rows": settings.import_max_rows,
            "file_bytes": settings.upload_max_bytes,
            "unpacked_bytes": settings.unpacked_max_bytes,
            "seconds": settings.parse_seconds,
            "memory_bytes": settings.parse_memory_bytes,
        }
        return cls(columns=settings.import_max_columns, **(wide if command_line else narrow))


def read(path: Path, limits: Limits, told: Callable[[int], None] | None = None) -> Source:
    """The file's cells. The kind is told by its content, not by its name. `told` hears how many rows were read so far.

    Raises BadFile (what, where, remedy) or TooLarge.
    """
    if not path.is_file():
        raise BadFile("没有这个文件 (no such file)", where=path.name, remedy="请检查文件路径")
    if path.stat().st_size > limits.file_bytes:
        raise TooLarge(
            f"文件超过 {limits.file_bytes / 1e6:.0f} MB (the file is too big)",
            where=path.name,
            remedy="请拆分文件，或用命令行导入",
        )
    if path.stat().st_size == 0:
        raise BadFile("文件是空的 (the file is empty)", where=path.name, remedy="请重新导出文件")
    with tempfile.TemporaryDirectory(prefix="riskmap-read-") as folder:
        result = Path(folder, "result")
        sandbox.run("read", {"path": str(path.resolve()), "result": str(result), "scratch": folder}, asdict(limits), told)
        return _source(result)


def mark(path: Path, out: Path, sheet: str, marks: Iterable[Mapping[str, Any]], limits: Limits, heading_row: int) -> None:
    """The person's own workbook again, its bad cells coloured and a 原因 column added, written to `out` (xlsx only).

    marks: {row, column (from 0, or None for the whole row), severity, text}, rows as seen in the sheet.
    """
    with tempfile.TemporaryDirectory(prefix="riskmap-mark-") as folder:
        listed = Path(folder, "marks")
        listed.write_bytes(orjson.dumps({"sheet": sheet, "heading_row": heading_row, "marks": list(marks)}))
        result = Path(folder, "result.xlsx")
        sandbox.run(
            "mark", {"path": str(path.resolve()), "result": str(result), "marks": str(listed), "scratch": folder}, asdict(limits)
        )
        out.write_bytes(result.read_bytes())


EXAMINING = {"memory_bytes": 400_000_000, "seconds": 20, "unpacked_bytes": 10_000_000}  # files of at most 10 MB, nothing is unpacked
_places = threading.BoundedSemaphore(2)


def examine(body: bytes) -> tuple[str, bytes]:
    """A photo or paper to hang on a record: ('jpeg' | 'png' | 'pdf', what is to be kept). Raises BadFile with what is wrong."""
    with _places, tempfile.TemporaryDirectory(prefix="riskmap-attachment-") as folder:
        path, result = Path(folder, "given"), Path(folder, "result")
        path.write_bytes(body)
        sandbox.run("examine", {"path": str(path), "result": str(result), "scratch": folder}, EXAMINING)
        kind, _, kept = result.read_bytes().partition(b"\n")
    return kind.decode(), kept


def _source(result: Path) -> Source:
    """The child's answer: a head line, then for each sheet a line of its own, a line of row numbers, and a line a column."""
    with result.open("rb") as lines:
        head = orjson.loads(next(lines))
        sheets = []
        for _ in range(head["sheets"]):
            about = orjson.loads(next(lines))
            row_no = np.asarray(orjson.loads(next(lines)), dtype=np.int64)
            columns = [orjson.loads(next(lines)) for _ in range(about["columns"])]
            sheets.append(
                Sheet(about["name"], row_no, columns, about["headings"], [tuple(m) for m in about["merges"]], about["hidden"])
            )
    remarks = [
        finding(r["row"], r["column"], r["field"], r["value"], r["code"], "warn", r["reason"], r["remedy"])
        for r in head["remarks"]
    ]
    return Source(head["kind"], sheets, head["crs"], head["encoding"], remarks)
