"""A layer's form, drawn from its declaration: sections of items, what stands in each, what was typed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from riskmap.core.heading import COMMON_LABELS
from riskmap.core.layer import Label, Layer, LayerField, Option

SHORT = 8  # options up to so many are a list to choose from, more are searched
Kind = Literal[
    "text", "long", "integer", "number", "boolean", "date", "phone", "uscc", "choice", "search", "many", "parent", "coordinate"
]
KINDS: Mapping[str, Kind] = {"person": "text"}
YES_NO = (Option(code="是", zh="是", en="Yes"), Option(code="否", zh="否", en="No"))


@dataclass(frozen=True, slots=True)
class Item:
    """One field of the form. `options` of a choice, a search or many; bounds are inclusive."""

    name: str
    label: Label
    kind: Kind
    required: bool = False
    unit: str = ""
    hint: Label | None = None
    example: str = ""
    low: float | None = None
    high: float | None = None
    max_length: int = 200
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Part of the form: who, place, level, contact, check. Its words are form.section.<key>."""

    key: str
    items: tuple[Item, ...]


def sections(
    layer: Layer, options: Callable[[LayerField], Sequence[Option]], places: Mapping[str, Sequence[Option]]
) -> list[Section]:
    """The form of a layer. `places`: options of `district` and `town`."""
    rated = [n for n in (layer.level.likelihood, layer.level.severity, layer.level.field) if n] if layer.level else []
    own = {f.name: _item(f, tuple(options(f))) for f in layer.field}
    people = [f.name for f in layer.field if f.type in ("person", "phone")]

    def common(name: str, kind: Kind, **more: Any) -> Item:
        label = layer.common.labels.get(name, COMMON_LABELS[name])
        return Item(name, label, kind, name in layer.common.required or name in ("lon", "lat"), **more)

    who = [common("name", "text"), common("code", "text", max_length=64)]
    if layer.parents:
        who.append(common("parent_code", "parent", max_length=64))
    who += [item for name, item in own.items() if name not in (*rated, *people)]
    place = [common("lon", "coordinate", low=-180, high=180, unit="°"), common("lat", "coordinate", low=-90, high=90, unit="°"),
             common("district", "choice", options=tuple(places.get("district", ()))),
             common("town", "search", options=tuple(places.get("town", ()))), common("address", "text", max_length=300)]  # fmt: skip
    made = [
        Section("who", tuple(who)),
        Section("place", tuple(place)),
        Section("level", tuple(own[n] for n in rated)),
        Section("contact", tuple(own[n] for n in people)),
        Section("check", (common("verified_on", "date"),)),
    ]
    return [one for one in made if one.items]


def items(made: Sequence[Section]) -> dict[str, Item]:
    return {item.name: item for section in made for item in section.items}


def shown(item: Item, value: Any, language: str = "zh-CN") -> str:
    """What stands in the field for a stored or typed value. Missing is empty, never 0."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return "、".join(str(v) for v in value)
    if item.kind == "coordinate" and isinstance(value, float):
        return f"{value:.7f}".rstrip("0").rstrip(".")
    if isinstance(value, float):
        return f"{value:.12g}"
    if item.kind == "search":
        found = next((o for o in item.options if o.code == value), None)
        return word(found, item, language) if found else str(value)
    return str(value)


def word(option: Option, item: Item, language: str) -> str:
    """What a searched option is called in the field; its code before it where another is called the same."""
    said = (option.en or option.zh) if language == "en" else option.zh
    alike = sum(1 for o in item.options if said in (o.zh, o.en))
    return said if alike == 1 else f"{option.code} {option.zh}"


def typed(
    made: Sequence[Section], posted: Mapping[str, Sequence[str]], before: Mapping[str, Any], language: str
) -> dict[str, str | None]:
    """What a person changed: the fields whose text differs from what stood there; None empties one. Fields not sent stay."""
    out: dict[str, str | None] = {}
    for name, item in items(made).items():
        if name not in posted:
            continue
        text = (
            "、".join(v for v in posted[name] if v.strip()) if item.kind == "many" else (posted[name][-1] if posted[name] else "")
        )
        text = text.strip()
        if text != shown(item, before.get(name), language):
            out[name] = text or None
    if {"lon", "lat"} & out.keys():  # a place is told whole
        out |= {n: (posted[n][-1].strip() or None) for n in ("lon", "lat") if n in posted}
    if "town" in out and out["town"] and posted.get("district", [""])[-1]:
        out["district"] = posted["district"][-1].strip()
    return out


def standing(values: Mapping[str, Any], record: Mapping[str, Any] | None) -> dict[str, Any]:
    """Field → what stands in it: what the proposal says, over the record in force."""
    out: dict[str, Any] = {}
    if record is not None:
        out = dict(record.get("attributes") or {}) | {
            "name": record.get("name"), "code": record.get("code"), "parent_code": record.get("parent_code"),
            "district": record.get("district_code"), "town": record.get("town_code"), "address": record.get("address"),
            "lon": record.get("lon"), "lat": record.get("lat"), "verified_on": record.get("verified_on"),
        }  # fmt: skip
    return out | dict(values)


def _item(f: LayerField, options: tuple[Option, ...]) -> Item:
    kind: Kind = KINDS.get(f.type, f.type)  # type: ignore[arg-type,assignment]
    if f.type == "code":
        kind = "choice" if len(options) <= SHORT else "search"
    elif f.type == "codes":
        kind = "many"
    elif f.type == "boolean":
        kind, options = "choice", YES_NO
    elif f.type == "text" and f.max_length > 200:
        kind = "long"
    return Item(f.name, f.label, kind, f.required, f.unit, f.hint, f.example, f.low, f.high, f.max_length, options)
