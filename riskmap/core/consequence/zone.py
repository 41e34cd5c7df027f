"""The zone that decides: wider than any one plume, because the wind turns and a heavy gas spreads.

A neutral plume is a few degrees wide. Taken for the danger zone it would send people into the gas as soon as the wind moves. So:

- wind known and at least 1.5 m/s: every direction within ±30° of the measured one, the plume's own width on top of that at each
  distance, together with a circle around the source for what spreads upwind;
- wind unknown, or under 1.5 m/s: the full circle of the reach;
- heavy gases (chlorine, LPG, cold ammonia): the plume is at least as wide as the circle over its length, half-width = half its length,
  before it is turned.

Shapes are made in metres east and north of the source and laid on the map by `place` (WGS 84, longitude first).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from pyproj import Geod

from riskmap.core.consequence.plume import HIGH_M, LOW_M, Plume
from riskmap.errors import BadInput

EDGE_M = 0.01  # who stands on the edge is inside, whichever way the last digit is rounded
SPREAD_DEG = 30.0
CALM_MS = 1.5
LEAST_UPWIND_M = 100.0
UPWIND_SHARE = 0.1
STEP_DEG = 2.0
_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class Cloud:
    """A cloud to be kept away from. `reach_m`: how far the level that decides is met (downwind). `from_deg`: where the wind comes from,
    clockwise from north; None: unknown. `half_angle`: distance (m) → half-width of the plume as an angle, degrees."""

    reach_m: float
    wind_ms: float | None
    from_deg: float | None
    angles: tuple[tuple[float, float], ...]  # distance from the source in m, rising → half-angle in degrees

    @property
    def calm(self) -> bool:
        """Whether the wind says nothing about the direction."""
        return self.wind_ms is None or self.from_deg is None or self.wind_ms < CALM_MS

    @property
    def upwind_m(self) -> float:
        return max(LEAST_UPWIND_M, UPWIND_SHARE * self.reach_m)


def cloud(plume: Plume, level_mg_m3: float, wind_ms: float | None, from_deg: float | None, *, heavy: bool) -> tuple[Cloud, bool]:
    """The cloud of a plume at the level that decides, and whether it goes on beyond the model's 10 km. The plume is computed with its own
    wind: with the assumed one where none is known, while `wind_ms` stays None. Raises BadInput."""
    if from_deg is not None and not 0 <= from_deg <= 360:
        raise BadInput("风向为 0–360° / the wind comes from 0 to 360°", where="from_deg")
    met = plume.reach(level_mg_m3)
    far = met.distance_m
    angles = []
    for x in np.geomspace(1.0, far, 120):
        y = plume.half_width(x, level_mg_m3) if LOW_M <= x <= HIGH_M and not met.below else 0.0
        if heavy and x < far:
            y = max(y, math.sqrt(x * (far - x)))  # the circle over the axis: as wide as it is long
        angles.append((math.hypot(x, y), math.degrees(math.atan2(y, x))))
    return Cloud(far, wind_ms, from_deg, _outward(angles, far)), met.beyond


def deciding(cloud: Cloud) -> shapely.Polygon:
    """The zone in metres east (x) and north (y) of the source."""
    if cloud.calm:
        return _disc(max(cloud.reach_m, cloud.upwind_m))
    assert cloud.from_deg is not None
    axis = math.radians(90 - (cloud.from_deg + 180))  # towards, counter-clockwise from east
    left, right = [], []
    for r, half in cloud.angles:
        turn = math.radians(min(180.0, SPREAD_DEG + half))
        left.append((r * math.cos(axis + turn), r * math.sin(axis + turn)))
        right.append((r * math.cos(axis - turn), r * math.sin(axis - turn)))
    # the far end is an arc: a chord would cut off people who are as near as those on the axis
    widest = math.radians(min(180.0, SPREAD_DEG + cloud.angles[-1][1]))
    arc = [(_out(cloud.reach_m) * math.cos(axis + t), _out(cloud.reach_m) * math.sin(axis + t))
           for t in np.linspace(widest, -widest, 1 + math.ceil(2 * math.degrees(widest) / STEP_DEG))]  # fmt: skip
    swept = shapely.make_valid(shapely.Polygon([(0.0, 0.0), *left, *arc, *reversed(right)]))
    whole = shapely.union_all([swept, _disc(cloud.upwind_m)]).buffer(EDGE_M, join_style="mitre")
    return shapely.Polygon(whole.exterior) if whole.geom_type == "Polygon" else shapely.convex_hull(whole)


def plume_shape(cloud: Cloud) -> shapely.Polygon | None:
    """The plume of the measured wind alone, to be drawn inside the zone; None without a direction."""
    if cloud.calm or cloud.from_deg is None:
        return None
    axis = math.radians(90 - (cloud.from_deg + 180))
    sides = [[(r * math.cos(axis + s * math.radians(a)), r * math.sin(axis + s * math.radians(a))) for r, a in cloud.angles] for s in (1, -1)]
    return shapely.Polygon([(0.0, 0.0), *sides[0], *reversed(sides[1])]).buffer(0)


def place(shape: shapely.Polygon, lon: float, lat: float) -> shapely.Polygon:
    """A shape in metres around the source laid on the ellipsoid at (lon, lat), degrees."""
    def laid(ring: shapely.LinearRing) -> np.ndarray:
        xy = shapely.get_coordinates(ring)
        bearing, far = np.degrees(np.arctan2(xy[:, 0], xy[:, 1])), np.hypot(xy[:, 0], xy[:, 1])
        lons, lats, _ = _GEOD.fwd(np.full(len(xy), lon), np.full(len(xy), lat), bearing, far)
        return np.column_stack([lons, lats])

    return shapely.Polygon(laid(shape.exterior), [laid(hole) for hole in shape.interiors])


def circle(lon: float, lat: float, radius_m: float, inner_m: float = 0.0) -> shapely.Polygon:
    """A circle, or a ring, around (lon, lat); corners lie outside the true circle so that its edge is never cut. Raises BadInput."""
    if not (math.isfinite(radius_m) and 10 <= radius_m <= 50_000 and 0 <= inner_m < radius_m):
        raise BadInput("半径须在 10 m–50 km，内径小于外径 / radius 10 m to 50 km, the inner one smaller", where="radius_m", remedy="m")
    outer = _disc(radius_m)
    return place(shapely.Polygon(outer.exterior, [_ring(inner_m)]) if inner_m else outer, lon, lat)


def bearing_from(lon: float, lat: float, lons: np.ndarray, lats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bearing (degrees clockwise from north) and distance (m) of points from (lon, lat), both float[n]."""
    azimuth, _, far = _GEOD.inv(np.full(len(lons), lon), np.full(len(lats), lat), lons, lats)
    return np.asarray(azimuth) % 360, np.asarray(far)


def downwind(cloud: Cloud, bearing: np.ndarray) -> np.ndarray:
    """bool[n]: whether a bearing from the source lies within the sweep, however far out. With calm or unknown wind every bearing does."""
    if cloud.calm or cloud.from_deg is None:
        return np.ones(len(bearing), dtype=bool)
    off = np.abs((bearing - (cloud.from_deg + 180) + 180) % 360 - 180)
    return off <= SPREAD_DEG + cloud.angles[-1][1]


def _outward(angles: list[tuple[float, float]], far: float) -> tuple[tuple[float, float], ...]:
    """Rising distances up to `far`, each with the widest angle met there or further out along the plume's edge."""
    out: list[tuple[float, float]] = []
    for r, a in angles:
        if r > far:
            r = far
        if out and r <= out[-1][0]:
            out[-1] = (out[-1][0], max(out[-1][1], a))
            continue
        out.append((r, a))
    return tuple(out)


def _disc(radius: float) -> shapely.Polygon:
    """A disc that encloses the true circle."""
    return shapely.Polygon(_ring(_out(radius)))


def _ring(radius: float) -> np.ndarray:
    """Corners on a circle, every STEP_DEG."""
    t = np.radians(np.arange(0, 360, STEP_DEG))
    return radius * np.column_stack([np.cos(t), np.sin(t)])


def _out(radius: float) -> float:
    """The radius whose polygon of STEP_DEG corners encloses the true circle."""
    return radius / math.cos(math.radians(STEP_DEG / 2))
