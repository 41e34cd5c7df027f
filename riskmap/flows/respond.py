"""From an incident to a plan: zone → who is in it → shelters with free places → needs and stock → teams, with every assumption told.

Reads only. The plan is a plain document that is shown, kept and printed as it is; what is missing (roads, wind, towns, grades) is in `lacks`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import orjson
import shapely
from pyproj import Geod

from riskmap.core.consequence.zone import bearing_from
from riskmap.core.grading.ground import Ground
from riskmap.core.response import crowd, refuge
from riskmap.core.response.area import Area, area
from riskmap.core.response.crowd import Group
from riskmap.core.response.population import residents
from riskmap.core.response.scenario import Given, Holding, Settled, settle
from riskmap.core.response.travel import DETOUR, Ways
from riskmap.errors import NotFound
from riskmap.flows import relief, roads, route
from riskmap.flows.register import Desk
from riskmap.store import hazards, incidents
from riskmap.store.query import Conn

HELPLESS = ("hospital", "nursing_home", "welfare")  # their people go by vehicle to a place of their kind, not to a shelter
CHEMICAL = ("accident.chemical", "accident.production", "accident.environment", "accident.fire")
GEOD = Geod(ellps="WGS84")
MOST_SOURCES = 200
LACK_TOWNS = "没有街道边界：位置按区和方位说 / no town borders: places are told by district and bearing"
LACK_WIND = "没有风的观测 / no wind was observed"
LACK_PEOPLE = "定级还没有完成，居民数未知 / the city is not graded yet, residents are not known"
LACK_OCCUPANCY = "已启用而未报人数的避难场所不安排；未启用的按空计 / opened shelters without a count get nobody; those not opened count as empty"


@dataclass(frozen=True, slots=True)
class Place:
    """Where it happened, WGS 84 degrees, and the record it happened at."""

    lon: float
    lat: float
    feature_id: int | None = None
    name: str = ""
    layer: str = ""


def place_of(conn: Conn, desk: Desk, id: int) -> Place:
    """The place of a record in force. Raises NotFound, also for another unit's."""
    found = next(iter(incidents.place(conn, id)), None)
    if found is None or found["lon"] is None:
        raise NotFound("没有这条记录，或它没有位置 / no such record, or it has no place", where=str(id))
    return Place(found["lon"], found["lat"], id, found["name"], found["layer"])


def holdings_of(conn: Conn, desk: Desk, place: Place) -> list[Holding]:
    """The chemicals on record at the plant: of the hazard itself, or of every hazard of the enterprise."""
    if place.feature_id is None:
        return []
    ids = (
        [place.feature_id]
        if place.layer in desk.hazard_layers()
        else incidents.hazards_of(conn, place.feature_id, desk.hazard_layers())
    )
    return [Holding(h["chemical"], h["cas"], float(h["design_max_t"])) for id in ids for h in hazards.holdings(conn, id)]


def made(
    conn: Conn,
    desk: Desk,
    ground: Ground | None,
    place: Place,
    given: Given,
    kind: str,
    happened_at: dt.datetime | None,
    now: dt.datetime,
    beside: int | None = None,
) -> dict[str, Any]:
    """A plan: {assumptions, warnings, lacks, zone, people, sites, sources, shelters, assignment, supplies, teams, roads, routes, touches, at, …}.

    `beside`: the incident itself, whose own reservations are not counted against it. Raises BadInput.
    """
    tables = desk.catalogue.response
    s = settle(
        given,
        holdings_of(conn, desk, place),
        tables.substances,
        happened_at or now,
        place.lon,
        place.lat,
        chemical=kind in CHEMICAL,
    )
    zone = area(s, place.lon, place.lat)
    inside = _inside(conn, desk, zone)
    groups, people = _people(desk, ground, zone, inside)
    shelters = refuge.judged(_shelters(conn, desk, beside), zone)
    held = roads.current(conn, now)
    ways = route.around(held, zone)
    table, unmet, placed = _assigned(groups, shelters, s, ways)
    outdoor = sum(a["people"] for a in table if next(x for x in shelters if x["id"] == a["shelter"])["space"] == "outdoor")
    helpless = sum(x["occupants"] or 0 for x in inside["sites"] if x["kind"] in HELPLESS)
    moving = None if people is None else sum(g.people for g in groups)
    at = {"id": place.feature_id, "name": place.name, "lon": place.lon, "lat": place.lat}
    wanted = route.wanted(table, shelters, at)
    supplies, depots = relief.supplies(conn, desk, zone, (moving or 0) + helpless, outdoor, s.days, beside, now, wanted, ways)
    teams, lacking = relief.teams(conn, desk, zone, kind, ways)
    asked = route.of_plan(table, {x["id"]: x for x in shelters}, s.mode, teams, at, depots, wanted)
    lacks = [
        *route.lacks(held),
        LACK_TOWNS,
        *([LACK_WIND] if s.kind == "plume" and s.wind_ms is None else []),
        *([LACK_PEOPLE] if ground is None else []),
        LACK_OCCUPANCY,
    ]
    if held.dataset is None:
        s.tell("detour", ways.detour, "default", "路程 = 直线 × 系数 / way = straight line × factor")
        s.tell("speed_kmh", round(ways.speed_ms(s.mode) * 3.6, 1), "default", "", "km/h")
    else:
        s.tell("roads", f"{held.dataset['name']} {held.dataset['valid_on']}", "record", held.assumes())
    outcome = {
        "at": now.isoformat(),
        "place": {"lon": place.lon, "lat": place.lat, "feature_id": place.feature_id, "name": place.name, "layer": place.layer},
        "kind": kind,
        "assumptions": s.assumptions,
        "warnings": s.warnings,
        "lacks": lacks,
        "zone": _zone(zone, s),
        "people": {
            "residents": None if people is None else people.milli / 1000,
            "most": None if people is None else people.most,
            "moving": moving,
            "placed": placed,
            "unmet": None if people is None else sum(u["people"] for u in unmet),
            "helpless": helpless,
            "sites_unknown": sum(x["occupants"] is None for x in inside["sites"]),
            "groups": len(groups),
        },
        "unmet": unmet,
        "sites": inside["sites"],
        "sources": inside["sources"],
        "levels": inside["levels"],
        "sources_count": inside["count"],
        "shelters": _shown(shelters, table, zone, s),
        "assignment": table,
        "supplies": supplies,
        "depots": depots,
        "teams": teams,
        "teams_lacking": lacking,
        "roads": held.told(),
        "routes": route.routes(conn, held, ways, zone, asked),
        "supplies_to": wanted,
    }
    used = {a["shelter"] for a in table}
    orgs = {
        x["steward_org"] for x in [*inside["all"], *(x for x in shelters if x["id"] in used or x["why"] in refuge.STRUCK), *teams]
    }
    orgs |= {d["steward_org"] for d in depots}
    for one in (*outcome["shelters"], *outcome["teams"], *outcome["depots"], *outcome["sites"]):
        one.pop("steward_org", None)
    return {
        "outcome": orjson.loads(orjson.dumps(outcome, default=_plain, option=orjson.OPT_SERIALIZE_NUMPY)),
        "touches": sorted(orgs),
    }


def _plain(value: Any) -> Any:
    return (
        int(value)
        if isinstance(value, Decimal) and value == value.to_integral_value()
        else float(value)
        if isinstance(value, Decimal)
        else str(value)
    )


def _zone(zone: Area, s: Settled) -> dict[str, Any]:
    def geo(shape: shapely.Geometry) -> Any:
        return orjson.loads(shapely.to_geojson(shapely.transform(shape, lambda xy: xy.round(6))))

    rim = shapely.get_coordinates(zone.shape)
    _, far = bearing_from(zone.lon, zone.lat, rim[:, 0], rim[:, 1])
    return {
        "kind": s.kind,
        "shape": geo(zone.shape),
        "farthest_m": round(float(far.max())),
        "area_km2": round(_km2(zone.shape), 2),
        "substance": s.substance.zh if s.substance else s.named,
        "every_direction": zone.cloud is not None and zone.cloud.calm,
        "levels": [{**level, "shape": geo(level["shape"])} for level in zone.levels],
    }


def _km2(shape: shapely.Geometry) -> float:
    return abs(GEOD.geometry_area_perimeter(shape)[0]) / 1e6


def _inside(conn: Conn, desk: Desk, zone: Area) -> dict[str, Any]:
    """Protected sites and risk sources in the zone."""
    sites_of, sources_of = desk.catalogue.with_role("occupants"), desk.catalogue.with_role("source", "major_hazard")
    found = [r for r in incidents.places(conn, [*sites_of, *sources_of], zone.shape.bounds) if r["lon"] is not None]
    hit = zone.inside(
        np.array([r["lon"] for r in found], dtype=np.float64), np.array([r["lat"] for r in found], dtype=np.float64)
    )
    found = [r for r, yes in zip(found, hit.tolist(), strict=True) if yes]
    hazards_of = set(desk.hazard_layers())
    sites = []
    for r in (r for r in found if r["layer"] in sites_of):
        number = desk.catalogue.layer(r["layer"]).grading.occupants
        sites.append(
            relief.base(r)
            | {
                "kind": r["attributes"].get("site_kind"),
                "occupants": r["attributes"].get(number),
                "beds": r["attributes"].get("beds"),
            }
        )
    sources = sorted(
        (r for r in found if r["layer"] in sources_of),
        key=lambda r: (r["level"] or 9, r["layer"] not in hazards_of, r["id"]),
    )
    levels = {str(n): sum((r["level"] or 0) == n for r in sources) for n in (1, 2, 3, 4, 0)}
    sites.sort(key=lambda x: (x["kind"] not in HELPLESS, -(x["occupants"] or 0), x["id"]))
    return {
        "sites": sites,
        "sources": [relief.base(r) | {"level": r["level"]} for r in sources[:MOST_SOURCES]],
        "levels": levels,
        "count": len(sources),
        "all": found,
    }


def _people(desk: Desk, ground: Ground | None, zone: Area, inside: Mapping[str, Any]) -> tuple[list[Group], Any]:
    """Groups that must move: residents by cell, and the occupants of sites who can walk."""
    names = {d.code: d.name for d in desk.gazetteer.districts}
    groups: list[Group] = []
    found = residents(ground, zone.shape) if ground is not None else None
    if found is not None and ground is not None:
        bearing, far = bearing_from(zone.lon, zone.lat, found.lon, found.lat) if len(found.cell) else (np.empty(0), np.empty(0))
        for i, people in enumerate(found.people.tolist()):
            if people:
                code = ground.districts[found.district[i]] if found.district[i] >= 0 else ""
                zh, en = crowd.side(float(bearing[i]), float(far[i])).split(" / ")
                groups.append(
                    Group(
                        f"{names.get(code, '市外')} {zh} / {names.get(code, 'outside')} {en}",
                        people,
                        float(found.lon[i]),
                        float(found.lat[i]),
                        code,
                    )
                )
    for x in inside["sites"]:
        if x["occupants"] and x["kind"] not in HELPLESS:
            groups.append(Group(x["name"], int(x["occupants"]), x["lon"], x["lat"], x["district_code"] or "", x["id"]))
    return groups, found


def _shelters(conn: Conn, desk: Desk, beside: int | None) -> list[dict[str, Any]]:
    """Every shelter of the city with its places, what is lived in and what others hold."""
    held, lived = incidents.reserved(conn, beside), incidents.occupied(conn)
    out = []
    for r in incidents.places(conn, desk.catalogue.with_role("shelter")):
        grading, a = desk.catalogue.layer(r["layer"]).grading, r["attributes"]
        out.append(
            relief.base(r)
            | {
                "capacity": a.get(grading.capacity),
                "state": a.get(grading.state),
                "occupied": lived.get(r["id"]),
                "space": a.get("space"),
                "reserved": int(held.get((r["id"], "places", ""), 0)),
            }
        )
    return out


def _assigned(
    groups: Sequence[Group], shelters: list[dict[str, Any]], s: Settled, ways: Ways
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
    """(rows of the table, who is left over and where, how many have a place)."""
    done, way, offered = crowd.sent(groups, shelters, s.mode, s.limit_m, ways)
    table = [
        {
            "group": groups[g].name,
            "site": groups[g].site,
            "lon": round(groups[g].lon, 6),
            "lat": round(groups[g].lat, 6),
            "shelter": shelters[offered[j]]["id"],
            "people": n,
            "distance_m": round(float(way.metres[g, j])),
            "seconds": round(float(way.seconds[g, j])),
        }
        for g, j, n in zip(done.group.tolist(), done.shelter.tolist(), done.people.tolist(), strict=True)
    ]
    unmet = [
        {
            "group": g.name,
            "district_code": g.district,
            "lon": round(g.lon, 6),
            "lat": round(g.lat, 6),
            "people": n,
            "site": g.site,
            "why": crowd.left_why(way, k),
        }
        for k, (g, n) in enumerate(zip(groups, done.unmet.tolist(), strict=True))
        if n
    ]
    return table, sorted(unmet, key=lambda u: (-u["people"], u["group"])), done.met


def _shown(shelters: list[dict[str, Any]], table: Sequence[Mapping[str, Any]], zone: Area, s: Settled) -> list[dict[str, Any]]:
    """The shelters that matter: used, struck out, and what else stands near the zone."""
    to: dict[int, list[Mapping[str, Any]]] = {}
    for a in table:
        to.setdefault(a["shelter"], []).append(a)
    placed = [x for x in shelters if x["lon"] is not None]
    _, far = (
        bearing_from(zone.lon, zone.lat, np.array([x["lon"] for x in placed]), np.array([x["lat"] for x in placed]))
        if placed
        else (None, np.empty(0))
    )
    rim = shapely.get_coordinates(zone.shape)
    wide = float(bearing_from(zone.lon, zone.lat, rim[:, 0], rim[:, 1])[1].max()) + s.limit_m / DETOUR
    out = []
    for x, metres in zip(placed, far.tolist(), strict=True):
        own = to.get(x["id"], [])
        if own or metres <= wide:
            n = sum(a["people"] for a in own)
            out.append(
                {
                    **x,
                    "assigned": n,
                    "left": None if x["free"] is None else x["free"] - n,
                    "from_m": round(metres),
                    "groups": len(own),
                    "distance_m": round(sum(a["distance_m"] * a["people"] for a in own) / n) if n else None,
                    "seconds": max((a["seconds"] for a in own), default=None),
                }
            )
    return sorted(out, key=lambda x: (-x["assigned"], x["from_m"]))
