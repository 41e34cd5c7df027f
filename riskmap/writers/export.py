"""Records as the API gives them → a file for people: headings and labels of the layer, codes spelled out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from riskmap.core.layer import Layer
from riskmap.writers.template import heading

_LEVELS = {1: "Ⅰ 重大", 2: "Ⅱ 较大", 3: "Ⅲ 一般", 4: "Ⅳ 低"}
_STATUS = {"approved": "在册", "incomplete": "待补", "retired": "已停用"}
_KINDS = {"integer": "number", "number": "number", "boolean": "boolean", "date": "date", "codes": "list"}


def columns(layer: Layer) -> list[tuple[str, str, str]]:
    """(name, heading, kind) of an export, in the order of the template, then what the product itself adds."""
    leading = [(n, heading(layer, n), "text") for n in ("code", "name")]
    own = [(f.name, heading(layer, f.name), _KINDS.get(f.type, "text")) for f in layer.field]
    place = [
        (n, heading(layer, n), "number" if n in ("lon", "lat") else "text") for n in ("address", "district", "town", "lon", "lat")
    ]
    levels = (
        [("level", "登记等级", "text"), ("effective_level", "有效等级", "text")] if layer.look.by_level or layer.level else []
    )
    parent = [("parent_name", "上级", "text")] if layer.parents else []
    return [
        *leading,
        *own,
        *place,
        ("verified_on", heading(layer, "verified_on"), "date"),
        *levels,
        *parent,
        ("status", "登记状态", "text"),
        ("missing", "待补字段", "list"),
    ]


def rows(
    layer: Layer, codes: Mapping[str, Sequence[Any]], features: Iterable[Mapping[str, Any]], spelled: bool
) -> Iterator[dict[str, Any]]:
    """One mapping a feature. `spelled`: codes become their labels."""
    labels = _labels(layer, codes) if spelled else {}
    names = {
        n: heading(layer, n)
        for n in (*layer.fields(), "code", "name", "parent_code", "address", "district", "town", "lon", "lat", "verified_on")
    }
    for feature in features:
        row = dict(feature["properties"])
        place = (feature.get("geometry") or {}).get("coordinates")
        row["lon"], row["lat"] = place[:2] if place else (None, None)
        row["id"] = feature.get("id")
        if spelled:
            for name, known in labels.items():
                value = row.get(name)
                if isinstance(value, list):
                    row[name] = [known.get(v, v) for v in value]
                elif value is not None:
                    row[name] = known.get(value, value)
            row["level"], row["effective_level"] = _LEVELS.get(row.get("level")), _LEVELS.get(row.get("effective_level"))
            row["status"] = _STATUS.get(row.get("status", ""), row.get("status"))
            row["missing"] = [names.get(n, n) for n in row.get("missing") or []]
        yield row


def _labels(layer: Layer, codes: Mapping[str, Sequence[Any]]) -> dict[str, dict[str, str]]:
    """field → code → label; where two options share a label the code stands before it, as in the template."""
    found = {}
    for f in layer.field:
        options = f.options or codes.get(f.codes or "", ())
        if f.type in ("code", "codes") and options:
            shared = [o.zh for o in options]
            found[f.name] = {o.code: o.zh if shared.count(o.zh) == 1 else f"{o.code} {o.zh}" for o in options}
    for name in ("district", "town"):
        if name in codes:
            found[name] = {o.code: o.zh for o in codes[name]}
    return found
