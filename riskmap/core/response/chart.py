"""The map picture of a plan as plain marks on a sheet: land, water, zone, people, shelters, depots, scale and north. Whoever shows it draws them.

Pure geometry: north is up, lengths are true at the place of the incident, positions are in units of the sheet with (0, 0) at its upper left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson
import shapely

from riskmap.core.response.refuge import STRUCK

WIDE, HIGH, PAD = 640.0, 600.0, 26.0
METRES = 111_195.0  # of a degree of latitude
LENGTHS = (50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10)
MOST_SHELTERS, MOST_NAMES = 60, 8
INK, LAND, WATER, LINE, GAS = "#111820", "#f1f2ee", "#bcd9ea", "#7d8790", "#6a1b7a"

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing to draw. `area`: rings; `line`: one ring; `dot`, `box`: a place and its half width; `text`: words at a place.

    `opacity` is of the fill. `what` says which of the legend's things it is."""

    kind: Literal["area", "line", "dot", "box", "text"]
    what: str
    rings: tuple[tuple[Point, ...], ...] = ()
    at: Point = (0.0, 0.0)
    half: float = 0.0
    fill: str | None = None
    opacity: float = 1.0
    stroke: str | None = None
    wide: float = 1.0
    dash: tuple[float, ...] = ()
    words: str = ""
    anchor: Literal["start", "middle", "end"] = "start"


def chart(plan: Mapping[str, Any], outlines: Sequence[Any], water: Sequence[Any] = (), north: str = "N") -> list[Mark]:
    """Marks of a plan (an outcome), in drawing order. `outlines`: shapes of the districts; `water`: shapes; WGS 84 degrees."""
    zone = shapely.from_geojson(orjson.dumps(plan["zone"]["shape"]))
    used = [s for s in plan["shelters"] if s["assigned"] and s["lon"] is not None]
    used.sort(key=lambda s: (-s["assigned"], s["id"]))
    sheet = _Sheet(plan, zone, used[:12])
    marks: list[Mark] = [Mark("area", "ground", (((0, 0), (WIDE, 0), (WIDE, HIGH), (0, HIGH)),), fill="#ffffff")]
    for shape in outlines:
        if shape is not None and shapely.intersects(shape, sheet.frame):
            marks.append(sheet.area("land", shape, fill=LAND, stroke=LINE, wide=1.0, dash=(6, 4)))
    for shape in water:
        if shapely.intersects(shape, sheet.frame):
            marks.append(sheet.area("water", shape, fill=WATER))
    levels = plan["zone"]["levels"]
    for i, level in enumerate(reversed(levels)):
        shape = shapely.from_geojson(orjson.dumps(level["shape"]))
        marks.append(sheet.area("level", shape, fill=GAS, opacity=0.10 + 0.10 * i, stroke=GAS, wide=0.7))
    marks.append(sheet.area("zone", zone, fill=GAS, opacity=0.07, stroke=GAS, wide=2.4, dash=(9, 5)))
    marks += _people(plan, sheet)
    marks += _depots(plan, sheet)
    marks += _shelters(plan, used, sheet)
    x, y = sheet.at(plan["place"]["lon"], plan["place"]["lat"])
    marks += [Mark("dot", "place", at=(x, y), half=8, fill=INK, stroke="#ffffff", wide=1.5), Mark("dot", "place", at=(x, y), half=3, fill="#ffffff")]
    return [m for m in marks if m.kind != "area" or m.rings] + _scale(sheet) + _north(north)


class _Sheet:
    """Degrees to places on the sheet."""

    def __init__(self, plan: Mapping[str, Any], zone: Any, used: Sequence[Mapping[str, Any]]) -> None:
        points = [(s["lon"], s["lat"]) for s in used] + [(plan["place"]["lon"], plan["place"]["lat"])]
        west, south, east, north = shapely.union_all([zone, shapely.MultiPoint(points)]).bounds
        self.lean = math.cos(math.radians(plan["place"]["lat"]))
        self.scale = min((WIDE - 2 * PAD) / max((east - west) * self.lean, 2e-3), (HIGH - 2 * PAD - 20) / max(north - south, 2e-3))
        self.left, self.top = (west + east) / 2, (south + north) / 2
        wide, high = WIDE / 2 / self.lean / self.scale, HIGH / 2 / self.scale
        self.box = (self.left - wide, self.top - high, self.left + wide, self.top + high)
        self.frame = shapely.box(*self.box)

    def at(self, lon: float, lat: float) -> Point:
        return round(WIDE / 2 + (lon - self.left) * self.lean * self.scale, 1), round(HIGH / 2 - (lat - self.top) * self.scale, 1)

    def holds(self, lon: float | None, lat: float | None) -> bool:
        return lon is not None and lat is not None and self.box[0] <= lon <= self.box[2] and self.box[1] <= lat <= self.box[3]

    def area(self, what: str, shape: Any, **look: Any) -> Mark:
        """A shape, cut to a little more than the sheet so that its cut edges are not seen."""
        margin = 20 / self.scale
        west, south, east, north = self.box
        wider = shapely.box(west - margin, south - margin, east + margin, north + margin)
        cut = shapely.make_valid(shape).intersection(wider).simplify(0.4 / self.scale)
        rings = []
        for part in getattr(cut, "geoms", [cut]):
            if part.geom_type == "Polygon" and not part.is_empty:
                rings += [tuple(self.at(*p[:2]) for p in ring.coords) for ring in (part.exterior, *part.interiors)]
        return Mark("area", what, tuple(rings), **look)


def _people(plan: Mapping[str, Any], sheet: _Sheet) -> list[Mark]:
    """Where people set out from; those nobody has a place for are black."""
    out = []
    for what, rows in (("group", plan["assignment"]), ("unmet", plan["unmet"])):
        places: dict[Point, int] = {}
        for row in rows:
            if sheet.holds(row["lon"], row["lat"]):
                at = sheet.at(row["lon"], row["lat"])
                places[at] = places.get(at, 0) + row["people"]
        for at, people in sorted(places.items()):
            half = min(7.0, 1.6 + math.sqrt(people) / 14)
            bad = what == "unmet"
            out.append(Mark("dot", what, at=at, half=half, fill=INK if bad else "#ffffff", stroke=INK, wide=0.9, opacity=0.9 if bad else 0.85))
    return out


def _depots(plan: Mapping[str, Any], sheet: _Sheet) -> list[Mark]:
    out = []
    for d in plan["depots"]:
        if sheet.holds(d["lon"], d["lat"]):
            x, y = sheet.at(d["lon"], d["lat"])
            out.append(Mark("area", "depot", (((x, y - 7), (x + 7, y + 6), (x - 7, y + 6)),), fill="#ffffff", stroke=INK, wide=1.6))
    return out


def _shelters(plan: Mapping[str, Any], used: Sequence[Mapping[str, Any]], sheet: _Sheet) -> list[Mark]:
    out, named = [], 0
    struck = sorted((s for s in plan["shelters"] if s["why"] in STRUCK), key=lambda s: (s["from_m"], s["id"]))
    for s in [*used[:MOST_SHELTERS], *struck[:MOST_SHELTERS]]:
        if not sheet.holds(s["lon"], s["lat"]):
            continue
        x, y = sheet.at(s["lon"], s["lat"])
        gone = s["why"] in STRUCK
        out.append(Mark("box", "struck" if gone else "shelter", at=(x, y), half=6, fill="#ffffff", stroke=INK, wide=1.0 if gone else 1.6))
        if gone:
            out.append(Mark("line", "struck", (((x - 8, y + 8), (x + 8, y - 8)),), stroke=INK, wide=2.0))
            continue
        out.append(Mark("dot", "shelter", at=(x, y), half=2, fill=INK))
        if named < MOST_NAMES:
            named += 1
            right = x < WIDE * 0.66
            words = str(s.get("name") or s.get("code") or s["id"])[:14]
            out.append(Mark("text", "name", at=(x + 10 if right else x - 10, y + 4), words=words, anchor="start" if right else "end", fill=INK))
    return out


def _scale(sheet: _Sheet) -> list[Mark]:
    metre = sheet.scale / METRES
    length = next((v for v in LENGTHS if v * metre <= WIDE / 3), LENGTHS[-1])
    wide, y = round(length * metre, 1), HIGH - 14
    words = f"{length / 1000:g} km" if length >= 1000 else f"{length} m"
    return [Mark("area", "scale", (((8, HIGH - 40), (wide + 32, HIGH - 40), (wide + 32, HIGH - 6), (8, HIGH - 6)),), fill="#ffffff", opacity=0.85),
            Mark("line", "scale", (((16, y - 5), (16, y), (16 + wide, y), (16 + wide, y - 5)),), stroke=INK, wide=1.6),
            Mark("text", "scale", at=(16, y - 9), words=words, fill=INK)]  # fmt: skip


def _north(words: str) -> list[Mark]:
    x, y = WIDE - 24, 46.0
    return [Mark("area", "north", (((x, y - 30), (x + 8, y - 4), (x, y - 10), (x - 8, y - 4)),), fill=INK),
            Mark("text", "north", at=(x, y + 10), words=words, anchor="middle", fill=INK)]  # fmt: skip
