"""A checked table → rows for the staging table: cells, derived districts, search text, and what stands twice in the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
) -> Iterator[tuple[Any, ...]]:
    """Rows for the staging table, in the order of store/sql/imports_copy.sql."""
    columns = checked.columns
    names, codes, parents = columns["name"], columns["code"], columns["parent_code"]
    twins = twins_of(checked, names, codes, parents)
    told = checked.findings_by_row()
    placed = np.isfinite(checked.lon)
    cells = np.zeros(checked.n, dtype=np.int64)
    cells[placed] = cells_of(checked.lon[placed], checked.lat[placed])
    derived = gazetteer.locate(checked.lon, checked.lat)
    attributes = [f.name for f in layer.field]
    searched = [columns[name] for name in ("address", *layer.search) if name in columns]
    for i in counted("planning", range(checked.n), checked.n):
        row_no = int(checked.row_no[i])
        findings: list[Finding] = told.get(row_no, [])
        kind = None
        if i in twins:
            kind, first = twins[i]
            severity, name, reason, remedy = IN_FILE[kind]
            other = int(checked.row_no[first])
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
            int(cells[i]) if here else None,
            int(checked.level[i]) or None,
            list(checked.missing[i]),
            orjson.dumps({n: columns[n][i] for n in attributes if n in columns and columns[n][i] is not None}).decode(),
            list(clears[i]) if clears else [],
            bool(checked.refused[i]),
            kind,
            orjson.dumps(findings).decode() if findings else "[]",
            None,
            search_text(names[i], (column[i] for column in searched)),
        )
    tell("comparing", checked.n, checked.n)


def twins_of(
    checked: Checked, names: Sequence[str | None], codes: Sequence[str | None], parents: Sequence[str | None]
) -> dict[int, tuple[str, int]]:
    """Row index → (kind, index of the first of its like) for rows that stand twice in the file; the hardest kind wins."""
    found: dict[int, tuple[str, int]] = {}
    for kind, first in (
        ("duplicate-soft", duplicates.similar_names(names, parents, checked.lon, checked.lat)),
        ("duplicate-exact", duplicates.same_place(checked.lon, checked.lat)),
        ("duplicate-code", duplicates.same_code(codes)),
    ):
        for i in np.flatnonzero(first >= 0):
            found[int(i)] = (kind, int(first[i]))
    return found
