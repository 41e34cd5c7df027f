"""The ways of a plan: worked out on the roads with the zone closed, then looked at anew by PostGIS: clear, crosses (where), or no safe route.

People who live inside leave through closed roads, and a team must get in: their ways cross, and say how far inside they run. Without roads
there is no way to look at: a straight-line estimate, and called so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import shapely

from riskmap.core.response.area import Area
from riskmap.core.response.travel import Mode, Ways
from riskmap.core.road.graph import Inside
from riskmap.core.road.path import Way
from riskmap.core.road.path import ways as walked
from riskmap.flows.roads import Held
from riskmap.store import roads
from riskmap.store.query import Conn

DRAWN = 150  # courses kept in a plan, those of the most people first; every way is checked and has its verdict
THIN = 0.95  # a network of which less hangs together says so
CLEAR, CROSSES, NONE, ESTIMATE = "clear", "crosses", "none", "estimate"


def around(held: Held, zone: Area) -> Ways:
    """What ways of this plan are worked out on: the roads with the zone closed."""
    graph = held.ways.graph
    return held.ways if graph is None else replace(held.ways, closed=graph.closed(zone.shape))


def lacks(held: Held) -> list[str]:
    """What the roads in force do not know."""
    if held.dataset is None:
        return [
            "没有路网：行程是直线乘系数的估算，未核查是否穿过影响区 / no roads: ways are estimates, and were not checked against the zone"
        ]
    share = (held.dataset["facts"].get("drive") or {}).get("share")
    if share is not None and share < THIN:
        return [f"路网只有 {share * 100:.0f} % 的节点互通，不通的地方没有路线"
                f" / only {share * 100:.0f} % of the roads' nodes hang together; elsewhere there is no way"]  # fmt: skip
    return []


def routes(conn: Conn, held: Held, ways: Ways, zone: Area, asked: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """asked: {purpose, from, to, mode, inside, people?, seconds?, metres?} with `from` and `to` {kind, id?, name, lon, lat}, in their order.

    Gives {purpose, from, to, mode, minutes, metres, verdict, crosses: {lon, lat, at_m} or None, inside_m, inside, off_m, geometry, assumes}.
    """
    assumes = held.assumes()
    if ways.graph is None:
        return [_row(a, assumes) | _times(a.get("seconds"), a.get("metres")) | {"verdict": ESTIMATE, "crosses": None, "inside_m": None, "off_m": None,
                                                                                "geometry": None} for a in asked]  # fmt: skip
    found = _walked(ways, asked)
    lines = [w.course for w in found if w is not None]
    checked = iter(roads.checked(conn, zone.shape, lines))
    order = sorted(range(len(asked)), key=lambda i: (asked[i]["purpose"] == "people", -(asked[i].get("people") or 0), i))
    drawn = set(order[:DRAWN])
    out = []
    for i, (a, w) in enumerate(zip(asked, found, strict=True)):
        if w is None:
            out.append(
                _row(a, assumes)
                | _times(None, None)
                | {"verdict": NONE, "crosses": None, "inside_m": None, "off_m": None, "geometry": None}
            )
            continue
        c = next(checked)
        if a.get("inside") == "from" and not c["crosses"]:
            # the middle of a cell at the rim lies outside, its people inside: where they begin is not known, and it is not called clear
            c = c | {"crosses": True, "lon": a["from"]["lon"], "lat": a["from"]["lat"], "at_m": 0.0, "inside_m": 0.0}
        where = {"lon": round(c["lon"], 6), "lat": round(c["lat"], 6), "at_m": round(c["at_m"])} if c["crosses"] else None
        out.append(_row(a, assumes) | _times(w.seconds, w.metres) | {
            "verdict": CROSSES if c["crosses"] else CLEAR, "crosses": where, "inside_m": round(c["inside_m"]) if c["crosses"] else 0,
            "off_m": [round(x) for x in w.off_m], "geometry": orjson.loads(shapely.to_geojson(w.course)) if i in drawn else None})  # fmt: skip
    return out


def _row(a: Mapping[str, Any], assumes: str) -> dict[str, Any]:
    kept = {k: a[k] for k in ("purpose", "from", "to", "mode")} | ({"people": a["people"]} if a.get("people") is not None else {})
    return kept | {"inside": a.get("inside"), "assumes": assumes}


def _times(seconds: float | None, metres: float | None) -> dict[str, Any]:
    if seconds is None or metres is None or math.isnan(seconds):
        return {"minutes": None, "seconds": None, "metres": None}
    return {"minutes": round(seconds / 60, 1), "seconds": round(seconds), "metres": round(metres)}


def _walked(ways: Ways, asked: Sequence[Mapping[str, Any]]) -> list[Way | None]:
    """The ways, those of one mode and one end in the zone searched together."""
    assert ways.graph is not None
    out: list[Way | None] = [None] * len(asked)
    kinds: dict[tuple[Mode, Inside | None], list[int]] = {}
    for i, a in enumerate(asked):
        kinds.setdefault((a["mode"], a.get("inside")), []).append(i)
    for (mode, inside), rows in kinds.items():
        ends = []
        for side in ("from", "to"):
            places = {}
            number = [places.setdefault((asked[i][side]["lon"], asked[i][side]["lat"]), len(places)) for i in rows]
            ends.append(
                (number, np.array([p[0] for p in places], dtype=np.float64), np.array([p[1] for p in places], dtype=np.float64))
            )
        (a, a_lon, a_lat), (b, b_lon, b_lat) = ends
        times = [asked[i].get("seconds") for i in rows]
        most = max(t for t in times if t is not None) if all(t is not None for t in times) else None
        found = walked(ways.graph, (a_lon, a_lat), (b_lon, b_lat), list(zip(a, b, strict=True)), mode, ways.closed, inside, most)
        for i, w in zip(rows, found, strict=True):
            out[i] = w
    return out


def of_plan(table: Sequence[Mapping[str, Any]], shelters: Mapping[int, Mapping[str, Any]], mode: Mode, teams: Sequence[Mapping[str, Any]],
            place: Mapping[str, Any], depots: Sequence[Mapping[str, Any]], to: Mapping[str, Any]) -> list[dict[str, Any]]:  # fmt: skip
    """What a plan asks ways for: everybody to their shelter, the called teams to the incident, the depots that give to where it is wanted."""
    incident = {"kind": "incident", "name": place.get("name") or "", "lon": place["lon"], "lat": place["lat"]}
    asked: list[dict[str, Any]] = []
    for a in table:
        s = shelters[a["shelter"]]
        start = {
            "kind": "site" if a["site"] is not None else "group",
            "id": a["site"],
            "name": a["group"],
            "lon": a["lon"],
            "lat": a["lat"],
        }
        asked.append({"purpose": "people", "from": start, "to": _place("shelter", s), "mode": mode, "inside": "from", "people": a["people"],
                      "seconds": a["seconds"], "metres": a["distance_m"]})  # fmt: skip
    for t in teams:
        if t["why"] is None:
            asked.append({"purpose": "team", "from": _place("team", t), "to": incident, "mode": "drive", "inside": "to", "seconds": t["seconds"],
                          "metres": t["distance_m"]})  # fmt: skip
    for d in depots:
        asked.append({"purpose": "supply", "from": _place("depot", d), "to": dict(to), "mode": "drive",
                      "inside": "to" if to["kind"] == "incident" else None, "seconds": d["seconds"], "metres": d["distance_m"]})  # fmt: skip
    return asked


def wanted(table: Sequence[Mapping[str, Any]], shelters: Sequence[Mapping[str, Any]], place: Mapping[str, Any]) -> dict[str, Any]:
    """Where supplies are wanted: the shelter that takes the most people; the place itself while nobody is sent anywhere."""
    people: dict[int, int] = {}
    for a in table:
        people[a["shelter"]] = people.get(a["shelter"], 0) + a["people"]
    if not people:
        return {"kind": "incident", **place}
    most = min(people, key=lambda id: (-people[id], id))
    return _place("shelter", next(x for x in shelters if x["id"] == most))


def _place(kind: str, r: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "id": r["id"], "name": r["name"], "lon": r["lon"], "lat": r["lat"]}
