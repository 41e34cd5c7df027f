"""The ground the demo city stands on: where people live, and how a point is put in the right district and on dry land."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from riskmap.core import cell as h3cell
from riskmap.core.fragments import OUTSIDE, Fragments
from riskmap.core.grading.people import MILLI, apportion

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KM_LON, KM_LAT = 85.3, 111.0          # kilometres a degree at 40° N: enough for spreading things about
INNER = ("110101", "110102", "110105", "110106", "110107", "110108")
# Where each outer district's town proper lies, to about a kilometre (public knowledge): most of its people live around it.
SEATS = {
    "110109": (116.105, 39.938), "110111": (116.140, 39.735), "110112": (116.660, 39.905), "110113": (116.655, 40.128),
    "110114": (116.300, 40.110), "110115": (116.340, 39.730), "110116": (116.632, 40.320), "110117": (117.118, 40.143),
    "110118": (116.843, 40.376), "110119": (115.975, 40.458),
}
HEART = (116.397, 39.908)


class District(NamedTuple):
    code: str
    name: str
    population: int
    shape: shapely.Geometry


class Town(NamedTuple):
    code: str
    name: str
    district: str
    kind: str                          # 街道, 镇, 乡, 地区(办事处)


@dataclass(eq=False)
class Land:
    """Inhabited fragments as parallel arrays (cell centre, district index, dry area), town centres, residents."""

    districts: tuple[District, ...]
    towns: tuple[Town, ...]
    cell: Ints
    district: Ints                     # index into districts
    lon: Floats
    lat: Floats
    dry_km2: Floats
    whole: NDArray[np.bool_]           # the cell lies wholly in the district and is dry
    water: shapely.Geometry
    town_xy: Floats                    # kilometres, one row a town
    residents: Ints = field(default_factory=lambda: np.empty(0, np.int64))   # milli-persons
    safe: list[Ints] = field(default_factory=list)                           # whole fragments of each district

    @property
    def xy(self) -> Floats:
        return plane(self.lon, self.lat)

    @property
    def density(self) -> Floats:
        """Residents per km² of dry land."""
        return self.residents / MILLI / np.maximum(self.dry_km2, 1e-4)

    def nearest_town(self, lon: Floats, lat: Floats, district: Ints) -> Ints:
        """Index of the nearest town centre of the same district: the demo's stand-in for town borders."""
        out = np.zeros(len(lon), dtype=np.int64)
        xy = plane(lon, lat)
        owner = self._town_district()
        for d in range(len(self.districts)):
            at, mine = np.flatnonzero(district == d), np.flatnonzero(owner == d)
            if len(at):
                out[at] = mine[cKDTree(self.town_xy[mine]).query(xy[at])[1]]
        return out

    def _town_district(self) -> Ints:
        index = {d.code: i for i, d in enumerate(self.districts)}
        return np.array([index[t.district] for t in self.towns], dtype=np.int64)

    def allowed(self, lon: Floats, lat: Floats, district: Ints) -> NDArray[np.bool_]:
        """Which points lie inside their district and not in water."""
        ok = np.zeros(len(lon), dtype=bool)
        for d, one in enumerate(self.districts):
            at = np.flatnonzero(district == d)
            ok[at] = shapely.contains_xy(one.shape, lon[at], lat[at])
        at = np.flatnonzero(ok)
        ok[at] = ~shapely.intersects_xy(self.water, lon[at], lat[at])
        return ok

    def scatter(self, rng: np.random.Generator, at: Ints, radius_m: float = 135.0) -> tuple[Floats, Floats]:
        """A point in each of these fragments: right district, dry. Where none can be had, in a whole fragment of the district."""
        at = at.copy()
        lon, lat = around(rng, self.lon[at], self.lat[at], radius_m)
        todo = np.flatnonzero(~self.whole[at])
        for attempt in range(24):
            todo = todo[~self.allowed(lon[todo], lat[todo], self.district[at[todo]])]
            if not len(todo):
                break
            if attempt == 16:
                at[todo] = [self.safe[d][i % len(self.safe[d])] for d, i in zip(self.district[at[todo]], todo, strict=True)]
            lon[todo], lat[todo] = around(rng, self.lon[at[todo]], self.lat[at[todo]], radius_m)
        return lon, lat

    def beside(self, rng: np.random.Generator, lon: Floats, lat: Floats, district: Ints,
               radius_m: float) -> tuple[Floats, Floats]:
        """A point near each given one, in the same district and dry; the reach halves until it fits."""
        x, y = around(rng, lon, lat, radius_m)
        todo = np.arange(len(lon))
        for _ in range(10):
            todo = todo[~self.allowed(x[todo], y[todo], district[todo])]
            if not len(todo):
                return x, y
            radius_m /= 2
            x[todo], y[todo] = around(rng, lon[todo], lat[todo], radius_m)
        todo = todo[~self.allowed(x[todo], y[todo], district[todo])]
        x[todo], y[todo] = lon[todo], lat[todo]
        return x, y

    def people_within(self, lon: Floats, lat: Floats, radius_m: float) -> Ints:
        """Residents of the cells whose centre lies within the radius, whole persons."""
        near = cKDTree(self.xy).query_ball_point(plane(lon, lat), radius_m / 1000)
        return np.array([int(self.residents[i].sum()) // MILLI for i in near], dtype=np.int64)


def lay(districts: Sequence[District], towns: Sequence[Town], water: shapely.Geometry, fragments: Fragments, seed: int) -> Land:
    """The land with its town centres and residents. `fragments` of these districts; `water` one (multi)polygon; WGS 84."""
    rng = np.random.default_rng([seed, 1])
    keep = fragments.district != OUTSIDE
    codes = [d.code for d in districts]
    index = np.array([codes.index(c) for c in np.unique(fragments.district[keep])], dtype=np.int64)
    district = index[np.unique(fragments.district[keep], return_inverse=True)[1]]
    cell, area = fragments.cell[keep], fragments.area_m2[keep] / 1e6
    unique, back = np.unique(cell, return_inverse=True)
    lon, lat = (v[back] for v in h3cell.center(unique))
    wet = _wet_share(unique, water)[back]
    every, times = np.unique(fragments.cell, return_counts=True)
    whole = (times[np.searchsorted(every, cell)] == 1) & (wet == 0)
    shapely.prepare(water)
    for d in districts:
        shapely.prepare(d.shape)
    dry = area * (1 - wet)
    land = Land(tuple(districts), tuple(towns), cell, district, lon, lat, dry, whole, water, np.empty((0, 2)))
    land.safe = [np.flatnonzero(land.whole & (district == d)) for d in range(len(districts))]
    land.town_xy = _town_centres(rng, land)
    land.residents = _settle(rng, land)
    return land


def plane(lon: Floats, lat: Floats) -> Floats:
    """Degrees → kilometres from the heart of the city, shape (n, 2)."""
    return np.column_stack([(np.asarray(lon) - HEART[0]) * KM_LON, (np.asarray(lat) - HEART[1]) * KM_LAT])


def around(rng: np.random.Generator, lon: Floats, lat: Floats, radius_m: float) -> tuple[Floats, Floats]:
    """Points spread evenly over a disc around each given one, to 1e-6 degree as registers keep them."""
    r = radius_m / 1000 * np.sqrt(rng.random(len(lon)))
    turn = rng.random(len(lon)) * 2 * np.pi
    return np.round(lon + r * np.cos(turn) / KM_LON, 6), np.round(lat + r * np.sin(turn) / KM_LAT, 6)


def pick(rng: np.random.Generator, weights: Floats, n: int) -> Ints:
    """n positions with these weights, with replacement."""
    sums = np.cumsum(weights)
    return np.minimum(np.searchsorted(sums, rng.random(n) * sums[-1], side="right"), len(weights) - 1)


def _wet_share(cells: Ints, water: shapely.Geometry) -> Floats:
    out = np.zeros(len(cells))
    hexagons = h3cell.polygons(cells)
    bodies = shapely.get_parts(water)
    at, which = shapely.STRtree(bodies).query(hexagons, predicate="intersects")
    area = shapely.area(shapely.intersection(hexagons[at], bodies[which]))
    np.add.at(out, at, area / shapely.area(hexagons[at]))
    return np.minimum(out, 1.0)


def _town_centres(rng: np.random.Generator, land: Land) -> Floats:
    """One centre a town, apart from each other; the streets of an outer district crowd around its seat."""
    out = np.zeros((len(land.towns), 2))
    for d, one in enumerate(land.districts):
        at = land.safe[d]
        xy = plane(land.lon[at], land.lat[at])
        placed: list[Floats] = []
        if one.code in SEATS:
            far = np.hypot(*(xy - plane(*np.array([SEATS[one.code]]).T)).T)
            weights = {"街道": np.exp(-((far / 4) ** 2) / 2) + 1e-6, "else": np.exp(-far / 16) + 0.08}
        else:
            weights = {"街道": np.ones(len(at)), "else": 0.3 + np.hypot(*xy.T) / 20}
        for i, town in enumerate(land.towns):
            if town.district != one.code:
                continue
            tries = xy[pick(rng, weights.get(town.kind, weights["else"]), 24)]
            apart = np.min([np.hypot(*(tries - p).T) for p in placed], axis=0) if placed else np.ones(len(tries))
            out[i] = tries[np.argmax(apart)]
            placed.append(out[i])
    return out


REACH = {"街道": (1.0, 1.5), "地区(办事处)": (0.55, 1.3), "镇": (0.5, 1.0), "乡": (0.12, 0.7)}     # weight, σ in km


def _settle(rng: np.random.Generator, land: Land) -> Ints:
    """Milli-persons of each fragment: around town centres, thinning from the heart; each district sums to its census exactly."""
    noise = np.exp(rng.normal(0, 0.45, len(land.cell)))
    xy = land.xy
    town = land.nearest_town(land.lon, land.lat, land.district)
    far = np.hypot(*(xy - land.town_xy[town]).T)
    weight, sigma = (np.array([REACH.get(t.kind, (0.3, 1.0))[i] for t in land.towns])[town] for i in (0, 1))
    inner = np.isin(land.district, [i for i, d in enumerate(land.districts) if d.code in INNER])
    base = np.where(inner, 0.25 * np.exp(-np.hypot(*xy.T) / 9), 0.002)
    raw = land.dry_km2 * noise * (base + weight * np.exp(-((far / sigma) ** 2) / 2))
    out = np.zeros(len(raw), dtype=np.int64)
    for d, one in enumerate(land.districts):
        at = np.flatnonzero(land.district == d)
        out[at] = apportion(one.population * MILLI, np.rint(raw[at] * 1e9).astype(np.int64))
    return out
