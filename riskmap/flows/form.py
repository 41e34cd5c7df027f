"""A layer's form with what stands in it: of a new record, of a change of one in force, of a draft gone on with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

import numpy as np

from riskmap.core import form, holding, place
from riskmap.core.actor import Actor
from riskmap.core.coordinates import distance_m
from riskmap.core.filter import Filter, sort_of
from riskmap.core.form import Item, Section
from riskmap.core.heading import COMMON_LABELS
from riskmap.core.layer import Layer, Option
from riskmap.core.level import registered_level
from riskmap.core.mask import Mask
from riskmap.errors import NotFound
from riskmap.flows import assess, review
from riskmap.flows.register import Desk
from riskmap.store import features, hazards
from riskmap.store.query import Conn


def drawn(desk: Desk, layer: Layer) -> list[Section]:
    """The sections of the layer's form."""
    districts = tuple(Option(code=d.code, zh=d.name, en=d.name_en or d.name) for d in desk.gazetteer.districts)
    names = {d.code: d.zh for d in districts}
    towns = tuple(Option(code=t.code, zh=t.name, en=names.get(t.district_code, "")) for t in desk.gazetteer.towns)
    return form.sections(layer, desk.catalogue.options, {"district": districts, "town": towns})


def draft(conn: Conn, desk: Desk, id: int, actor: Actor, now: dt.datetime) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """A proposal as the review desk opens it, and the record in force under it. Raises NotFound."""
    held = review.opened(conn, desk, id, actor, now)
    record = features.one(conn, held["layer"], held["feature_id"], now.date()) if held["feature_id"] else None
    if record is not None:
        seen = Mask(actor, desk.catalogue.layer(held["layer"]))
        record = record | {"attributes": seen.over(record["attributes"], record["steward_org"])}
    return held, record


def lines_of(
    conn: Conn, layer: Layer, sent: Mapping[str, list[str]], held: Mapping[str, Any] | None, record: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """The chemicals that stand in the form: as sent, else as the proposal has them, else as on record."""
    if not assess.takes_holdings(layer):
        return []
    if "holdings" in sent:
        columns = [sent.get(f"holdings.{key}", []) for key in holding.KEYS]
        lines = [dict(zip(holding.KEYS, cells, strict=True)) for cells in zip_longest(*columns, fillvalue="")]
        return [one | {"symbols": [one["symbols"]]} for one in lines if any(one[k].strip() for k in ("chemical", "cas", "amount"))]
    if held is not None and held["holdings"] is not None:
        return held["holdings"]
    return [holding.of_record(line) for line in hazards.holdings(conn, record["id"])] if record else []


def lines_sent(
    conn: Conn, desk: Desk, layer: Layer, sent: Mapping[str, list[str]], held: Mapping[str, Any] | None, record: Mapping[str, Any] | None
) -> list[dict[str, Any]] | None:
    """The chemicals a plain form sends where they differ from what stands; None where they do not, or it has none."""
    if "holdings" not in sent:
        return None
    given, standing = (holding.checked(lines_of(conn, layer, told, held, record), desk.catalogue.standard) for told in (sent, {}))
    same = given.kept == standing.kept and len(given.findings) == len(standing.findings)
    return None if same else lines_of(conn, layer, sent, held, record)


def record_of(conn: Conn, layer: Layer, id: int, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """The record in force, as its reader sees it. Raises NotFound."""
    found = features.one(conn, layer.name, id, now.date())
    if found is None:
        raise NotFound("没有这条记录 / no such record", where=f"{layer.name}/{id}")
    return found | {"attributes": Mask(actor, layer).over(found["attributes"], found["steward_org"])}


def filled(made: list[Section], values: Mapping[str, Any], findings: list[dict[str, Any]], language: str) -> list[dict[str, Any]]:
    """Sections as the page shows them: each item with its text, what is said about it, whether it lacks."""
    out = []
    for section in made:
        lines = []
        for item in section.items:
            text = form.shown(item, values.get(item.name), language)
            said = [f for f in findings if f["field"] == item.name and f["severity"] != "incomplete"]
            lines.append({"item": item, "text": text, "findings": said, "lacks": item.required and not text,
                          "chosen": values.get(item.name) if isinstance(values.get(item.name), list) else text.split("、"),
                          "refused": any(f["severity"] == "refuse" for f in said)})  # fmt: skip
        state = "bad" if any(one["refused"] for one in lines) else "lack" if any(one["lacks"] for one in lines) else "ok"
        out.append(
            {"key": section.key, "lines": lines, "state": state, "wrong": sum(one["refused"] or one["lacks"] for one in lines)}
        )
    return out


def matrix(layer: Layer) -> dict[str, Any] | None:
    """L × S as a picture: rows from the worst likelihood down, each cell with its product and level. None where no matrix rates."""
    rule, fields = layer.level, layer.fields()
    if rule is None or rule.rule != "lxs" or not (rule.likelihood and rule.severity):
        return None
    a, b = fields[rule.likelihood], fields[rule.severity]
    ranges = [range(int(f.low or 1), int(f.high or 5) + 1) for f in (a, b)]
    if any(len(r) > 10 for r in ranges):
        return None
    pairs = [(x, y) for x in reversed(ranges[0]) for y in ranges[1]]
    columns: dict[str, list[Any]] = {"code": [None] * len(pairs), a.name: [x for x, _ in pairs], b.name: [y for _, y in pairs]}
    levels = registered_level(layer, columns, lambda _: ()).tolist()
    width = len(ranges[1])
    cells = [{"l": x, "s": y, "r": x * y, "level": level} for (x, y), level in zip(pairs, levels, strict=True)]
    return {"rows": [cells[i : i + width] for i in range(0, len(cells), width)], "across": list(ranges[1]),
            "likelihood": a, "severity": b}  # fmt: skip


def namesake(
    conn: Conn, desk: Desk, layer: Layer, values: Mapping[str, Any], beside: int | None, today: dt.date
) -> dict[str, Any] | None:
    """A record of this layer with the same unified social credit code: {id, code, name}. None where there is none."""
    name = next((f.name for f in layer.field if f.type == "uscc"), None)
    code = values.get(name) if name else None
    if not isinstance(code, str) or len(code) != 18 or name not in layer.search:
        return None
    found = features.page(conn, Filter(layer.name, q=code), sort_of("id"), 5, None, [name], today, facts=False, mask=None).features
    return next(({"id": f["id"], "code": f["properties"]["code"], "name": f["properties"]["name"]} for f in found
                 if f["properties"].get(name) == code and f["id"] != beside), None)  # fmt: skip


def spot(desk: Desk, text: str, crs: str) -> dict[str, Any]:
    """A coordinate in any notation → WGS 84 degrees, how far the datum carried it, the district, and what there is to doubt.

    `town` is always null: there are no outlines of streets and towns. Raises BadInput for an unknown `crs`.
    """
    read = place.read(1, None, None, [text], None, crs)
    lon, lat = float(read.lon[0]), float(read.lat[0])
    doubts = [
        {"code": t.code, "severity": t.severity, "reason": t.reason, "remedy": t.remedy, "proposal": t.proposal}
        for _, _, t in read.troubles
    ]
    if not np.isfinite(lon):
        return {"lon": None, "lat": None, "district": None, "town": None, "moved_m": None, "doubts": doubts}
    code = desk.gazetteer.locate(read.lon, read.lat)[0]
    found = desk.gazetteer.district(code) if code else None
    plane = abs(float(read.x[0])) > 180
    moved = None if plane else round(float(distance_m(read.x[0], read.y[0], lon, lat)), 1)
    if found is None:
        doubts.append({"code": "outside", "severity": "warn", "reason": "不在任何一个区内 (in none of the districts)",
                       "remedy": "请核对坐标和坐标系", "proposal": None})  # fmt: skip
    return {"lon": round(lon, 7), "lat": round(lat, 7), "district": {"code": found.code, "zh": found.name, "en": found.name_en} if found else None,
            "town": None, "moved_m": moved, "doubts": doubts}  # fmt: skip


def named(layer: Layer, item: Item | None, name: str, language: str) -> str:
    """A field's label for a person."""
    label = item.label if item else layer.common.labels.get(name, COMMON_LABELS.get(name))
    return (label.en if language == "en" else label.zh) if label else name
