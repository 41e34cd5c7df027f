"""A batch's plan as one reader sees it: its columns, its rows with personal fields masked, what is said by kind."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from riskmap.core.actor import Actor
from riskmap.core.heading import COMMON_LABELS
from riskmap.core.layer import Label, Layer
from riskmap.core.mask import Mask, veil
from riskmap.errors import Forbidden
from riskmap.flows.register import Desk, required_fields
from riskmap.store import plans
from riskmap.store.query import Conn

OUTCOMES = ("new", "changed", "unchanged", "duplicate", "incomplete", "refused")
NUMERIC = frozenset({"integer", "number"})


class Column(NamedTuple):
    """A column of the grid: the field, the heading of the file it is read from (of ours, where the file has none), the field's label."""

    field: str
    heading: str
    label: Label
    required: bool
    numeric: bool
    options: tuple[Any, ...]
    added: bool  # the file had no such column
    constant: bool  # the same for every row, given with the upload


def columns(desk: Desk, layer: Layer, mapping: dict[str, str]) -> list[Column]:
    """The columns of a plan in the order of the declaration: what the file has, and what a complete record lacks in it."""
    required = set(required_fields(layer))
    fields = layer.fields()
    names = ["code", "name", "parent_code", *fields, "district", "town", "address", "lon", "lat", "lonlat", "crs", "verified_on"]
    placed = "lonlat" in mapping
    out = []
    for name in dict.fromkeys(names):
        wanted = name in required and not (placed and name in ("lon", "lat"))
        if name not in mapping and not wanted:
            continue
        heading = mapping.get(name) or label_of(layer, name).zh
        options = tuple(desk.catalogue.options(fields[name])) if name in fields else ()
        numeric = name in ("lon", "lat") or (name in fields and fields[name].type in NUMERIC)
        out.append(Column(name, heading, label_of(layer, name), wanted, numeric, options, name not in mapping, heading.startswith("=")))
    return out


def label_of(layer: Layer, name: str) -> Label:
    """The words of a field of a layer."""
    fields = layer.fields()
    return fields[name].label if name in fields else layer.common.labels.get(name, COMMON_LABELS[name])


def shown(rows: list[dict[str, Any]], actor: Actor, layer: Layer, mapping: dict[str, str]) -> list[dict[str, Any]]:
    """Rows of the plan with personal fields masked where their reader's work does not need them."""
    mask = Mask(actor, layer)
    for row in rows:
        kinds = mask.kinds(row["steward_org"])
        if not kinds:
            continue
        headings = {mapping[name]: kind for name, kind in kinds.items() if name in mapping}
        for part in (row["cells"], row["was"]):
            part.update({h: veil(part[h], kind) for h, kind in headings.items() if h in part})
        if row["payload"]:
            row["payload"]["attributes"] = mask.over(row["payload"]["attributes"], row["steward_org"])
        for name in kinds.keys() & (row["difference"] or {}).keys():
            row["difference"][name] = [veil(v, kinds[name]) for v in row["difference"][name]]
        for one in row["findings"]:
            if one["field"] in kinds:
                one["value"] = veil(one["value"], kinds[one["field"]]) or ""
    return rows


def whole(actor: Actor, layer: Layer, steward_org: int) -> None:
    """Whether the reader may have the file itself. Raises Forbidden where it holds persons and phones he reads masked."""
    if not Mask(actor, layer).lifted(steward_org):
        raise Forbidden("原表含联系人，只给填报单位 / the file holds persons and phones: for its own unit only", where=layer.name)


def faults(conn: Conn, batch: int) -> list[dict[str, Any]]:
    """What is said about the rows, by kind, the most frequent first."""
    return plans.faults(conn, batch)


_BOTH = re.compile(r"^(.*?[\u4e00-\u9fff].*?)(?: / (.+)| \(([A-Za-z][^()]*)\)(.*))$", re.S)


def half(text: str, language: str) -> str:
    """The reader's half of "中文 (English)" or "中文 / English"; the whole where it has none."""
    both = _BOTH.match(text)
    if not both:
        return text
    return (both[2] or both[3]) if language == "en" else both[1] + (both[4] or "")


GRAVE = {"refuse": 0, "warn": 1, "incomplete": 2}


def drawn(row: dict[str, Any], columns: list[Column], language: str) -> dict[str, Any]:
    """A row as the grid draws it: why in one line, and for each column its text, what is said of it, what it was in force and in the file."""
    told = sorted(row["findings"], key=lambda f: GRAVE[f["severity"]])
    fields = {c.field for c in columns}
    cells = []
    for c in columns:
        mine = [f for f in told if (f["column"] == c.heading if f["column"]
                                    else f["field"] == c.field or (c.field == "lon" and f["field"] not in fields))]  # fmt: skip
        old, new = (row["difference"] or {}).get(c.field, (None, None))
        raw = row["cells"].get(c.heading)
        text = c.heading.lstrip("=") if c.constant else "" if raw is None else str(raw)
        cells.append({"text": text, "bad": mine[0]["severity"] if mine else "", "why": "；".join(half(f["reason"], language) for f in mine),
                      "told": mine, "old": _text(old) if c.field in (row["difference"] or {}) and row["base_version"] else None, "new": _text(new),
                      "was": "" if row["was"].get(c.heading) is None else str(row["was"][c.heading]), "mended": c.heading in row["was"]})  # fmt: skip
    why = half(told[0]["reason"], language) if told else "；".join(
        f"{c.label.en if language == 'en' else c.label.zh} {cell['old'] or '—'}→{cell['new'] or '—'}" for c, cell in zip(columns, cells, strict=True)
        if cell["old"] is not None)  # fmt: skip
    mend = next((f["code"] for f in told if (f["proposal"] or {}).get("mend")), "")
    return {"why": why, "more": max(0, len(told) - 1), "cells": cells, "mend": mend}


def _text(value: Any) -> str:
    return "、".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
