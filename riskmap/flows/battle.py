"""The 作战图 of a plan: its shapes and places for the one HTML, with what the sheet says beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import orjson
import shapely

from riskmap.core.outline import outlines
from riskmap.core.response.refuge import STRUCK
from riskmap.flows.register import Desk
from riskmap.page import texts
from riskmap.page.battle import battle_file
from riskmap.settings import Settings


def battle(desk: Desk, settings: Settings, plan: Mapping[str, Any], told: Mapping[str, Any], said: Mapping[str, Any], language: str,
           water: tuple[Any, ...]) -> bytes:  # fmt: skip
    """The file. `told`: the sheet; `said`: {mark, foot, demo}; `water`: shapes."""
    words = texts(settings.web_dir, language)
    zone = shapely.from_geojson(orjson.dumps(plan["zone"]["shape"]))
    near = [s for s in plan["shelters"] if s["lon"] is not None][:40]
    points = shapely.MultiPoint([(plan["place"]["lon"], plan["place"]["lat"]), *((s["lon"], s["lat"]) for s in near if s["assigned"])])
    west, south, east, north = shapely.union_all([zone, points]).bounds
    known = [d for d in desk.gazetteer.districts if d.shape is not None]
    shapes = outlines([d.shape for d in known])
    wide = shapely.box(west - 0.3, south - 0.3, east + 0.3, north + 0.3)
    levels = [(level["shape"], f"{level['name']} {level['value']:g} {level['unit']}") for level in reversed(plan["zone"]["levels"])]
    told_zone = [_feature(shape, {"name": name, "decides": False}) for shape, name in levels]
    told_zone.append(_feature(plan["zone"]["shape"], {"name": words["paper.k.zone"], "decides": True}))
    return battle_file(
        web_dir=settings.web_dir, language=language, sheet=told, bounds=(west, south, east, north),
        districts=_collection([(s, {"name": d.name if language != "en" else d.name_en or d.name}) for d, s in zip(known, shapes, strict=True)]),
        water=_collection([(shapely.intersection(w, wide), {"name": ""}) for w in water if shapely.intersects(w, wide)]),
        zone={"type": "FeatureCollection", "features": told_zone},
        points=list(_points(plan, words)), mark=said["mark"], foot=said["foot"], demo=said["demo"],
    ).encode()  # fmt: skip


def _collection(found: list[tuple[Any, dict[str, Any]]]) -> dict[str, Any]:
    rounded = [(shapely.transform(shape, lambda xy: xy.round(5)), properties) for shape, properties in found]
    return {"type": "FeatureCollection", "features": [_feature(orjson.loads(shapely.to_geojson(shape)), p) for shape, p in rounded]}


def _feature(geometry: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _points(plan: Mapping[str, Any], words: Mapping[str, str]) -> Any:
    people = lambda n: words["battle.unknown"] if n is None else words["paper.people"].format(n=f"{n:,.0f}")  # noqa: E731
    for kind, rows in (("group", plan["assignment"]), ("unmet", plan["unmet"])):
        places: dict[tuple[float, float, str], int] = {}
        for row in rows:
            key = (row["lon"], row["lat"], row["group"].split(" / ")[0])
            places[key] = places.get(key, 0) + row["people"]
        for (lon, lat, name), n in places.items():
            yield {"lon": lon, "lat": lat, "kind": kind, "name": name, "note": people(n), "size": round(min(9.0, 2.5 + math.sqrt(n) / 12), 1)}
    for s in plan["shelters"]:
        struck = s["why"] in STRUCK
        if s["lon"] is not None and (s["assigned"] or struck):
            note = "" if struck else words["paper.sent"].format(n=f"{s['assigned']:,}")
            yield {"lon": s["lon"], "lat": s["lat"], "kind": "struck" if struck else "shelter", "name": s["name"] or s["code"], "note": note}
    for kind, rows in (("depot", plan["depots"]), ("team", [x for x in plan["teams"] if not x["why"]]), ("site", plan["sites"])):
        for x in rows:
            if x["lon"] is not None:
                yield {"lon": x["lon"], "lat": x["lat"], "kind": kind, "name": x["name"] or x["code"],
                       "note": people(x["occupants"]) if kind == "site" else ""}  # fmt: skip
    place = plan["place"]
    yield {"lon": place["lon"], "lat": place["lat"], "kind": "place", "name": place["name"], "note": f"{place['lon']:.5f}, {place['lat']:.5f}"}
