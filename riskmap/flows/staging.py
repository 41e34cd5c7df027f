"""A checked table → rows for the staging table: cells, derived districts, search text, and what stands twice in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from riskmap.core import duplicates
from riskmap.core.cell import cells_of
from riskmap.core.feature import Checked
from riskmap.core.finding import Finding, finding
from riskmap.core.gazetteer import Gazetteer
from riskmap.core.layer import Layer
from riskmap.core.searchtext import search_text
from riskmap.flows.progress import counted, tell

Cells = Mapping[str, Sequence[Any]]  # heading → raw cells
Twins = dict[int, tuple[str, int]]  # row → kind, first row of its like

IN_FILE = {
    "duplicate-code": (
        "refuse",
        "code",
        "与第 {row} 行编号相同 / same code as row {row}",
        "保留一行，或改正编号 / keep one row, or mend the code",
    ),
    "duplicate-exact": (
        "warn",
        "lon",
        "与第 {row} 行位置相同（1 米内） / within 1 m of row {row}",
        "核对后选择保留或删除 / compare, then keep or drop",
    ),
    "duplicate-soft": (
        "warn",
        "name",
        "与第 {row} 行名称相近且相距不远 / similar name near row {row}",
        "核对后选择保留或删除 / compare, then keep or drop",
    ),
}


def staged(
    gazetteer: Gazetteer,
    layer: Layer,
    checked: Checked,
    targets: Sequence[int | None] | None,
    clears: Sequence[Sequence[str]] | None,
    cells: Cells | None = None,
    twins: Twins | None = None,
    was: Mapping[int, Mapping[str, Any]] | None = None,
) -> Iterator[tuple[Any, ...]]:
    """Rows for the staging table, in the order of store/sql/imports_copy.sql.

    `cells`: the file's own, heading → n raw cells; kept with the row, so that it can be mended. `twins`: as `twins_of`, where known.
    `was`: row → the mended cells as they came.
    """
    columns = checked.columns
    names, codes, parents = columns["name"], columns["code"], columns["parent_code"]
    if twins is None:
        twins = twins_of(checked.row_no, names, codes, parents, checked.lon, checked.lat)
    told = checked.findings_by_row()
    placed = np.isfinite(checked.lon)
    hexagons = np.zeros(checked.n, dtype=np.int64)
    hexagons[placed] = cells_of(checked.lon[placed], checked.lat[placed])
    derived = gazetteer.locate(checked.lon, checked.lat)
    attributes = [f.name for f in layer.field]
    searched = [columns[name] for name in ("address", *layer.search) if name in columns]
    for i in counted("planning", range(checked.n), checked.n):
        row_no = int(checked.row_no[i])
        findings: list[Finding] = told.get(row_no, [])
        kind = None
        if row_no in twins:
            kind, other = twins[row_no]
            severity, name, reason, remedy = IN_FILE[kind]
            findings = [
                *findings,
                finding(
                    row_no,
                    checked.headings.get(name, ""),
                    name,
                    columns.get(name, [None] * checked.n)[i],
                    kind,
                    severity,
                    reason.format(row=other),
                    remedy,
                    {"row": other},
                ),
            ]
        here = bool(placed[i])
        yield (
            row_no,
            targets[i] if targets else None,
            codes[i],
            names[i],
            parents[i],
            columns["district"][i],
            derived[i],
            columns["town"][i],
            columns["address"][i],
            columns["verified_on"][i],
            float(checked.lon[i]) if here else None,
            float(checked.lat[i]) if here else None,
            int(hexagons[i]) if here else None,
            int(checked.level[i]) or None,
            list(checked.missing[i]),
            orjson.dumps({n: columns[n][i] for n in attributes if n in columns and columns[n][i] is not None}).decode(),
            list(clears[i]) if clears else [],
            bool(checked.refused[i]),
            kind,
            orjson.dumps(findings).decode() if findings else "[]",
            raw_of(checked, i, cells, twins.get(row_no), (was or {}).get(row_no)) if cells else None,
            search_text(names[i], (column[i] for column in searched)),
        )
    tell("comparing", checked.n, checked.n)


def raw_of(checked: Checked, i: int, cells: Cells, twin: tuple[str, int] | None, was: Mapping[str, Any] | None) -> str:
    """What a row is mended from: its cells, what it is compared with its like by, which row it repeats, mended cells as they came."""
    held: dict[str, Any] = {"cells": {h: keepable(c[i]) for h, c in cells.items() if c[i] is not None}, "keys": keys_of(checked, i)}
    if twin:
        held["twin"] = twin
    if was:
        held["was"] = was
    return orjson.dumps(held).decode()


def keys_of(checked: Checked, i: int) -> list[Any]:
    """What row i is compared with its like by: code, name, parent's code, lon, lat."""
    here = bool(np.isfinite(checked.lon[i]))
    place = [float(checked.lon[i]), float(checked.lat[i])] if here else [None, None]
    return [*(checked.columns[k][i] for k in ("code", "name", "parent_code")), *place]


def keepable(cell: Any) -> Any:
    """A raw cell as JSON keeps it without loss of meaning: what is no number there, and what no text holds, as near as can be."""
    if isinstance(cell, str):
        return cell.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(cell, bool) or cell is None:
        return cell
    if isinstance(cell, int):
        return cell if abs(cell) < 2**53 else str(cell)
    if isinstance(cell, float):
        return cell if np.isfinite(cell) else str(cell)
    return str(cell)


def twins_of(
    row_no: Sequence[int] | np.ndarray,
    names: Sequence[str | None],
    codes: Sequence[str | None],
    parents: Sequence[str | None],
    lon: np.ndarray,
    lat: np.ndarray,
) -> Twins:
    """Row → (kind, the first row of its like) for rows that stand twice in the file; the hardest kind wins."""
    found: Twins = {}
    for kind, first in (
        ("duplicate-soft", duplicates.similar_names(names, parents, lon, lat)),
        ("duplicate-exact", duplicates.same_place(lon, lat)),
        ("duplicate-code", duplicates.same_code(codes)),
    ):
        for i in np.flatnonzero(first >= 0):
            found[int(row_no[i])] = (kind, int(row_no[first[i]]))
    return found
