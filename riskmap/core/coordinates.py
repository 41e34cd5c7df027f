"""Longitude and latitude: the only place that swaps, shifts or projects.

Everything inside the product is WGS 84 in degrees, longitude first, and is stored as EPSG:4326. What comes in CGCS2000
(国家大地坐标系, EPSG:4490) is stored under the same number unchanged: the two frames share ellipsoid axes to 0.1 mm and differ by
plate motion only, under one metre in Beijing in this decade. No shift is applied because none is published that does not depend
on the day of the survey; a measurement that needs better than one metre must not be taken from here.

GCJ-02 and BD-09 are obfuscations used by map vendors (+500…600 m and about +1.3 km over Beijing), with constants
as public implementations agree on them. Both inverses iterate to well below 0.1 m.

All functions take and give numpy arrays (or scalars) of the same shape; not-a-number goes in and out as not-a-number.
"""

from __future__ import annotations

import math
import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from riskmap.errors import BadInput

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]

EARTH_RADIUS_M = 6_371_008.8            # mean radius of the WGS 84 ellipsoid, (2a + b) / 3
# Beijing lies in the 3° belt of 117° E (but for a strip west of 115.5° E): EPSG:4548; EPSG:4527 with the belt's number
BEIJING_PLANE = "EPSG:4548"
NAMED = ("wgs84", "cgcs2000", "gcj02", "bd09")

_A = 6_378_245.0                        # Krasovsky 1940, the ellipsoid GCJ-02 computes on
_EE = 0.006693421622965943
_BD_TURN = math.pi * 3000.0 / 180.0
_SAME_DATUM = ("China 2000", "World Geodetic System 1984", "World Geodetic System 1984 ensemble")


class LonLat(NamedTuple):
    """A place: longitude then latitude, WGS 84 degrees."""

    lon: float
    lat: float


def to_wgs84(lon: ArrayLike, lat: ArrayLike, crs: str) -> Pair:
    """Arrays of x (longitude or easting) and y (latitude or northing) in `crs` → WGS 84 degrees.

    `crs` is one of NAMED or "EPSG:n" on CGCS2000 or WGS 84, such as EPSG:4548 (Beijing 3° belt, easting 500 000 at 117° E) or
    EPSG:4527 (the same, eastings with the belt's number 39 in front). Raises BadInput for anything else: older Chinese datums
    (Beijing 1954, Xian 1980, 北京地方坐标系) have no published transformation and would be wrong by tens of metres.
    """
    x, y = _floats(lon), _floats(lat)
    name = crs.strip().lower()
    if name in ("wgs84", "cgcs2000"):
        return x, y
    if name == "gcj02":
        return wgs84_from_gcj02(x, y)
    if name == "bd09":
        return wgs84_from_gcj02(*gcj02_from_bd09(x, y))
    out_x, out_y = _transformer(crs.strip().upper(), "EPSG:4326").transform(x, y, errcheck=False)
    return _finite(out_x), _finite(out_y)


def from_wgs84(lon: ArrayLike, lat: ArrayLike, crs: str) -> Pair:
    """The way back of `to_wgs84`: WGS 84 degrees → x, y in `crs`. Same names, same refusals."""
    x, y = _floats(lon), _floats(lat)
    name = crs.strip().lower()
    if name in ("wgs84", "cgcs2000"):
        return x, y
    if name == "gcj02":
        return gcj02_from_wgs84(x, y)
    if name == "bd09":
        return bd09_from_gcj02(*gcj02_from_wgs84(x, y))
    out_x, out_y = _transformer("EPSG:4326", crs.strip().upper()).transform(x, y, errcheck=False)
    return _finite(out_x), _finite(out_y)


def gcj02_from_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """WGS 84 → GCJ-02, degrees. Outside the box the shift is defined for (roughly China) it is the identity."""
    x, y = _floats(lon), _floats(lat)
    with np.errstate(invalid="ignore"):
        inside = (x >= 72.004) & (x <= 137.8347) & (y >= 0.8293) & (y <= 55.8271)
        d_lon, d_lat = _offset(x, y)
    return np.where(inside, x + d_lon, x), np.where(inside, y + d_lat, y)


def wgs84_from_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """GCJ-02 → WGS 84, degrees, by fixed-point iteration: five rounds leave less than a micrometre."""
    return _invert(gcj02_from_wgs84, lon, lat)


def bd09_from_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """GCJ-02 → BD-09, degrees."""
    x, y = _floats(lon), _floats(lat)
    z = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_TURN)
    theta = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_TURN)
    return z * np.cos(theta) + 0.0065, z * np.sin(theta) + 0.006


def gcj02_from_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """BD-09 → GCJ-02, degrees, iterated as well (the usual closed form is off by up to 0.16 m)."""
    return _invert(bd09_from_gcj02, lon, lat)


def distance_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> Floats:
    """Great-circle distance in metres between WGS 84 points, broadcasting. Haversine: stable for points that nearly touch."""
    x1, y1, x2, y2 = (np.radians(_floats(v)) for v in (lon1, lat1, lon2, lat2))
    h = np.sin((y2 - y1) / 2) ** 2 + np.cos(y1) * np.cos(y2) * np.sin((x2 - x1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, np.sqrt(h)))


_NEGATIVE = ("W", "S", "西经", "南纬", "西", "南")
_SIDE = r"(东经|北纬|西经|南纬|[EWNS东西南北])?[:：]?"
_NUMBER = r"(\d{1,3}(?:\.\d+)?)"
_PART = r"(\d{1,2}(?:\.\d+)?)"
_DMS = re.compile(
    rf"^{_SIDE}\s*([+-])?\s*{_NUMBER}\s*(?:[°度d:\-\s]\s*(?:{_PART}\s*(?:['分m:\-\s]\s*(?:{_PART}\s*(?:[\"秒s]|'')?\s*)?)?)?)?{_SIDE}$",
    re.IGNORECASE,
)


def parse_dms(text: str) -> float | None:
    """Degrees from a text as people write it, or None when it is not an angle.

    Takes 116°23′29.5″E, 116度23分29秒, 116-23-29, "116 23 29.5", 116:23:29, E116°23.5′, 东经116度, full-width digits and
    signs, and plain 116.3915. Minutes and seconds are below 60; only the last part may have a fraction; a side given twice
    or together with a sign is refused.
    """
    # NFKC would turn º into the letter o and ´ into a combining accent, so those two go first.
    plain = unicodedata.normalize("NFKC", text.replace("º", "°").replace("˚", "°").replace("´", "'")).strip()
    for seen, meant in (("′", "'"), ("’", "'"), ("‘", "'"), ("`", "'"),
                        ("″", '"'), ("”", '"'), ("“", '"'), ("''", '"'), ("–", "-"), ("—", "-"), ("−", "-")):
        plain = plain.replace(seen, meant)
    found = _DMS.match(plain)
    if not found:
        return None
    before, sign, degrees, minutes, seconds, after = found.groups()
    if (before and after) or ((before or after) and sign):
        return None
    if (minutes and "." in degrees) or (seconds and "." in minutes):
        return None
    if float(minutes or 0) >= 60 or float(seconds or 0) >= 60:
        return None
    value = float(degrees) + float(minutes or 0) / 60 + float(seconds or 0) / 3600
    if value > 180:
        return None
    return -value if sign == "-" or (before or after or "").upper() in _NEGATIVE else value


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _finite(values: ArrayLike) -> Floats:
    """PROJ marks what it cannot transform by infinity; here missing is not-a-number."""
    out = _floats(values)
    return np.where(np.isfinite(out), out, np.nan)


def _invert(forward, lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Solve forward(x, y) = (lon, lat) by x ← x + (lon − forward(x)): each shift changes by < 1 % over its own length."""
    want_x, want_y = _floats(lon), _floats(lat)
    x, y = want_x, want_y
    for _ in range(6):
        got_x, got_y = forward(x, y)
        x, y = x + (want_x - got_x), y + (want_y - got_y)
    return x, y


def _offset(lon: Floats, lat: Floats) -> Pair:
    """The GCJ-02 shift at a WGS 84 place, in degrees."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    wave = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    d_lat += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    d_lat += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    d_lon += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    d_lon += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    rad = np.radians(lat)
    magic = 1 - _EE * np.sin(rad) ** 2
    return (d_lon * 180.0 / (_A / np.sqrt(magic) * np.cos(rad) * np.pi),
            d_lat * 180.0 / ((_A * (1 - _EE)) / (magic * np.sqrt(magic)) * np.pi))


@lru_cache(maxsize=32)
def _transformer(source: str, target: str) -> Transformer:
    asked = target if source == "EPSG:4326" else source
    remedy = f"可用 use: {', '.join(NAMED)}, {BEIJING_PLANE}, EPSG:4527"
    if not re.fullmatch(r"EPSG:\d{4,6}", asked):
        raise BadInput(f"不认识的坐标系 {asked} (unknown coordinate system)", where="crs", remedy=remedy)
    try:
        crs = CRS.from_user_input(asked)
    except CRSError:
        raise BadInput(f"不认识的坐标系 {asked} (unknown coordinate system)", where="crs", remedy=remedy) from None
    base = crs.geodetic_crs
    if crs.is_vertical or base is None or base.datum is None or base.datum.name not in _SAME_DATUM:
        raise BadInput(f"{asked} 没有公布的转换参数 (no published transformation from {crs.name})", where="crs", remedy=remedy)
    return Transformer.from_crs(source, target, always_xy=True)
