"""The zone of a settled scenario: the shape that decides, the shapes drawn inside it, how far each level is met."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from riskmap.core.consequence import zone
from riskmap.core.consequence.blast import LEVELS_KPA, blast_reach, tnt_kg
from riskmap.core.consequence.fire import LEVELS_KW_M2, Fireball
from riskmap.core.consequence.plume import Plume, mg_m3
from riskmap.core.consequence.reach import Reach
from riskmap.core.response.scenario import CALM_MS, Settled
from riskmap.errors import BadInput

HEAT_KW_M2, PRESSURE_KPA = 5.0, 6.9  # second-degree burns in 60 s; glass breaks
BEYOND = "10 km 之外模型不再回答，范围可能更大 / beyond 10 km the model does not answer; the zone may be larger"


@dataclass(slots=True)
class Area:
    """`shape`: the zone that decides, WGS 84. `cloud`: what it was swept from, if from a plume. `levels`: {name, value, unit, distance_m, below,
    beyond, decides, shape}, the worst first."""

    shape: shapely.Geometry
    lon: float
    lat: float
    cloud: zone.Cloud | None = None
    levels: list[dict[str, Any]] = field(default_factory=list)

    def inside(self, lons: np.ndarray, lats: np.ndarray) -> np.ndarray:
        """bool[n]: points in the zone, its edge included."""
        shapely.prepare(self.shape)
        return np.asarray(shapely.intersects_xy(self.shape, lons, lats))

    def downwind(self, lons: np.ndarray, lats: np.ndarray) -> np.ndarray:
        """bool[n]: points towards which the gas may be carried, however far out. Where the wind tells no direction the zone is the whole circle
        already, and nothing beyond it is called downwind of one."""
        if self.cloud is None or self.cloud.calm or not len(lons):
            return np.zeros(len(lons), dtype=bool)
        bearing, _ = zone.bearing_from(self.lon, self.lat, lons, lats)
        return zone.downwind(self.cloud, bearing)


def area(s: Settled, lon: float, lat: float) -> Area:
    """The zone around (lon, lat). Adds what the model cannot say to `s.warnings`. Raises BadInput."""
    if s.kind == "plume":
        return _plume(s, lon, lat)
    if s.kind in ("fireball", "blast"):
        return _burst(s, lon, lat)
    if s.kind == "polygon":
        return Area(_drawn(s), lon, lat)
    return Area(zone.circle(lon, lat, s.radius_m, s.inner_m), lon, lat)


def _drawn(s: Settled) -> shapely.Polygon:
    """The polygon as the commander drew it. Raises BadInput where it crosses itself or is too large."""
    shape = shapely.Polygon(s.polygon)
    if not shape.is_valid or shape.is_empty:
        raise BadInput("多边形自相交 / the polygon crosses itself", where="polygon", remedy="重画 / draw it again")
    west, south, east, north = shape.bounds
    if east - west > 2 or north - south > 2:
        raise BadInput("多边形太大 / the polygon is too large", where="polygon", remedy="≤ 2°")
    return shape


def _plume(s: Settled, lon: float, lat: float) -> Area:
    assert s.substance is not None and s.rate_kg_s is not None
    matter = s.substance
    wind = s.wind_ms if s.wind_ms is not None else CALM_MS
    plume = Plume(s.rate_kg_s, wind, s.stability, s.terrain)
    ppm = matter.levels_ppm[s.level - 1]
    assert ppm is not None
    cloud, beyond = zone.cloud(plume, mg_m3(ppm, matter.molar_g), s.wind_ms, s.wind_from_deg, heavy=matter.heavy)
    if beyond:
        s.warnings.append(BEYOND)
    out = Area(zone.place(zone.deciding(cloud), lon, lat), lon, lat, cloud)
    for number in (3, 2, 1):
        value = matter.levels_ppm[number - 1]
        if value is None:
            continue
        one, _ = zone.cloud(plume, mg_m3(value, matter.molar_g), s.wind_ms, s.wind_from_deg, heavy=matter.heavy)
        narrow = zone.plume_shape(one)
        shape = (
            zone.place(narrow, lon, lat)
            if narrow is not None and not narrow.is_empty and narrow.geom_type == "Polygon"
            else zone.circle(lon, lat, max(10.0, one.reach_m))
        )
        out.levels.append(
            _level(
                f"{matter.level_kind}-{number}", value, "ppm", plume.reach(mg_m3(value, matter.molar_g)), number == s.level, shape
            )
        )
    return out


def _burst(s: Settled, lon: float, lat: float) -> Area:
    """Circles of a fireball's heat or a blast's pressure."""
    assert s.substance is not None and s.substance.heat_mj_kg is not None and s.mass_kg is not None
    out = Area(shapely.Polygon(), lon, lat)
    if s.kind == "fireball":
        ball = Fireball(s.mass_kg, s.substance.heat_mj_kg)
        met = [
            (f"{level:g} kW/m²", level, "kW/m²", ball.reach(level), level == HEAT_KW_M2, words)
            for level, words in LEVELS_KW_M2.items()
        ]
        s.tell(
            "fireball_radius_m",
            round(ball.radius_m),
            "computed",
            "全部存量成一个火球，空气干燥 / the whole amount as one fireball, dry air",
            "m",
        )
    else:
        tnt = tnt_kg(s.mass_kg, s.substance.heat_mj_kg)
        met = [
            (f"{level:g} kPa", level, "kPa", blast_reach(level, tnt), level == PRESSURE_KPA, words)
            for level, words in LEVELS_KPA.items()
        ]
        s.tell("tnt_kg", round(tnt), "computed", "TNT 当量，效率 0.1 / TNT equivalent, efficiency 0.1", "kg")
    for name, value, unit, reached, decides, words in met:
        shape = zone.circle(lon, lat, min(50_000.0, max(10.0, reached.distance_m)))
        out.levels.append(_level(name, value, unit, reached, decides, shape) | {"note": words})
        if decides:
            out.shape = shape
            if reached.beyond:
                s.warnings.append("超出模型范围，范围可能更大 / beyond the model's range; the zone may be larger")
    return out


def _level(name: str, value: float, unit: str, met: Reach, decides: bool, shape: shapely.Geometry) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "distance_m": round(met.distance_m), "below": met.below, "beyond": met.beyond,
            "decides": decides, "shape": shape, "note": ""}  # fmt: skip
