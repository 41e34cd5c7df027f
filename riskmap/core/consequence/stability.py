"""Pasquill's classes A (very unstable) to F (stable) from wind, sun and cloud.

Source: AQ/T 3046-2013 tables E.5 and E.6 as kept in the product's notes. A class printed as a pair (A-B) is taken as the more stable
one: it carries a cloud further. Night at under 2 m/s is blank in the table and taken as F, the usual reading.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Literal

from riskmap.errors import BadInput

Class = Literal["A", "B", "C", "D", "E", "F"]
CLASSES: tuple[Class, ...] = ("A", "B", "C", "D", "E", "F")

# upper wind bound (m/s, at 10 m, exclusive) → strong, moderate, slight sun, night with ≥ 4/8 cloud, night with ≤ 3/8
_BANDS: tuple[tuple[float, tuple[Class, Class, Class, Class, Class]], ...] = (
    (2, ("A", "B", "B", "F", "F")),
    (3, ("B", "B", "C", "E", "F")),
    (4, ("B", "C", "C", "D", "E")),
    (6, ("C", "D", "D", "D", "D")),
    (math.inf, ("C", "D", "D", "D", "D")),
)


def stability(wind_ms: float, sun_deg: float, cloud_eighths: int | None) -> Class:
    """The class for a wind at 10 m, the sun's height in degrees (negative at night) and cloud in eighths.

    Unknown cloud is taken as the worse for the day or night there is: the clear night, the overcast day. Raises BadInput.
    """
    if not (math.isfinite(wind_ms) and wind_ms >= 0):
        raise BadInput("风速须是非负数 / the wind speed is a number from 0 up", where="wind_ms", remedy="m/s")
    if cloud_eighths is not None and not 0 <= cloud_eighths <= 8:
        raise BadInput("云量为 0–8 成八分 / cloud is 0 to 8 eighths", where="cloud_eighths")
    row = next(classes for bound, classes in _BANDS if wind_ms < bound)
    if sun_deg <= 0:
        return row[3 if (cloud_eighths or 0) >= 4 else 4]
    return row[_sun(sun_deg, 8 if cloud_eighths is None else cloud_eighths)]


def _sun(height_deg: float, cloud: int) -> int:
    """0 strong, 1 moderate, 2 slight. From 5/8 on, broken cloud takes one step off; an overcast sky leaves slight."""
    step = 0 if height_deg > 60 else 1 if height_deg > 35 else 2
    if cloud >= 8:
        return 2
    return min(2, step + 1) if cloud >= 5 else step


def sun_height(at: dt.datetime, lon: float, lat: float) -> float:
    """Height of the sun above the horizon in degrees, to about half a degree: declination and equation of time by the day of the year
    (Spencer's series). `at` carries its time zone."""
    utc = at.astimezone(dt.UTC)
    hours = utc.hour + utc.minute / 60 + utc.second / 3600
    g = 2 * math.pi / 365 * (utc.timetuple().tm_yday - 1 + (hours - 12) / 24)
    declination = (0.006918 - 0.399912 * math.cos(g) + 0.070257 * math.sin(g) - 0.006758 * math.cos(2 * g) + 0.000907 * math.sin(2 * g)
                   - 0.002697 * math.cos(3 * g) + 0.00148 * math.sin(3 * g))  # fmt: skip
    minutes = 229.18 * (0.000075 + 0.001868 * math.cos(g) - 0.032077 * math.sin(g) - 0.014615 * math.cos(2 * g) - 0.040849 * math.sin(2 * g))
    angle = math.radians((hours * 60 + minutes + 4 * lon) / 4 - 180)
    up = math.sin(math.radians(lat)) * math.sin(declination) + math.cos(math.radians(lat)) * math.cos(declination) * math.cos(angle)
    return math.degrees(math.asin(max(-1.0, min(1.0, up))))
