"""Coordinates of a table → WGS 84, or why not. Nothing is moved silently: a swap or another system is proposed, never applied."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from riskmap.core.coordinates import parse_dms, to_wgs84
from riskmap.core.geometry import AROUND
from riskmap.core.raw import NOTHING, Trouble, plain
from riskmap.errors import BadInput

GEOGRAPHIC = ("wgs84", "cgcs2000", "gcj02", "bd09")
PLANES = (
    "EPSG:4548",
    "EPSG:4527",
    "EPSG:4547",
    "EPSG:4526",
)  # CGCS2000 3° belts over Beijing, without and with the belt's number
_NAMES = {
    "wgs84": "wgs84", "wgs1984": "wgs84", "gps": "wgs84", "4326": "wgs84", "epsg4326": "wgs84", "crs84": "wgs84",
    "cgcs2000": "cgcs2000", "2000": "cgcs2000", "国家2000": "cgcs2000", "2000国家大地坐标系": "cgcs2000",
    "国家大地坐标系": "cgcs2000",
    "2000坐标系": "cgcs2000", "大地2000": "cgcs2000", "4490": "cgcs2000", "epsg4490": "cgcs2000", "天地图": "cgcs2000",
    "gcj02": "gcj02", "gcj": "gcj02", "火星坐标": "gcj02", "火星坐标系": "gcj02", "高德": "gcj02", "高德坐标": "gcj02",
    "腾讯": "gcj02",
    "国测局": "gcj02", "bd09": "bd09", "bd09ll": "bd09", "百度": "bd09", "百度坐标": "bd09", "百度坐标系": "bd09",
}  # fmt: skip


def crs_name(written: Any) -> str | None:
    """'wgs84', 'cgcs2000', 'gcj02', 'bd09' or 'EPSG:n' of what a person or a file calls it; None when it is not understood."""
    text = unicodedata.normalize("NFKC", str(written)).strip().casefold()
    bare = re.sub(r"[\s\-_:()]+", "", text)
    if bare in _NAMES:
        return _NAMES[bare]
    match = re.search(r"epsg:+(?:[\d.]*:)?(\d{4,6})$", text) or re.fullmatch(r"(?:epsg)?(\d{4,6})", bare)
    if match:
        return _NAMES.get(match[1], f"EPSG:{match[1]}")
    return "wgs84" if "crs84" in bare else None


@dataclass(slots=True)
class Places:
    """lon, lat float64[n] in WGS 84, NaN = no usable place; x, y as read; troubles: (row, 'lon' | 'lat' | 'crs', trouble)."""

    lon: np.ndarray
    lat: np.ndarray
    x: np.ndarray
    y: np.ndarray
    troubles: list[tuple[int, str, Trouble]] = field(default_factory=list)


def angle(value: Any) -> tuple[float, Trouble | None]:
    """One coordinate: a number, 116.39°, 116°23′29″E, full-width digits. NaN when there is none."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = float(value)
        if np.isfinite(number):
            return number, None
        return np.nan, Trouble("not-finite", "refuse", "坐标不是有限的数 (not a finite number)", "请填写经纬度，如 116.391244")
    written = plain(value)
    if written.casefold() in NOTHING:
        return np.nan, None
    try:
        number = float(written.replace(",", "") if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", written) else written)
    except ValueError:
        number = None
    if number is None:
        number = parse_dms(written)
    if number is not None and np.isfinite(number):
        return float(number), None
    return np.nan, Trouble("not-a-coordinate", "refuse", "不是坐标 (not a coordinate)", "请写成 116.391244 或 116°23′28.5″")


def pair(value: Any) -> tuple[float, float, Trouble | None]:
    """'116.39,39.90' → both; the order is longitude, latitude."""
    written = plain(value)
    if written.casefold() in NOTHING:
        return np.nan, np.nan, None
    pieces = [p for p in re.split(r"[,;、|]+|(?<=[\dEWNS″\"'])\s+(?=[\dEWNS东西南北])", written.strip("()[]{} ")) if p.strip()]
    if len(pieces) == 2:
        (x, first), (y, second) = angle(pieces[0]), angle(pieces[1])
        if first is None and second is None:
            return x, y, None
    return (
        np.nan,
        np.nan,
        Trouble(
            "not-a-coordinate", "refuse", "不是一对坐标 (not a pair of coordinates)", "请写成“经度,纬度”，如 116.391244,39.907356"
        ),
    )


def read(
    n: int,
    lon: Sequence[Any] | None,
    lat: Sequence[Any] | None,
    both: Sequence[Any] | None,
    systems: Sequence[Any] | None,
    crs: str,
) -> Places:
    """Places of n rows. `both` holds 'lon,lat' texts; `systems` names the coordinate system row by row, else `crs`.

    Raises BadInput for a `crs` that is not known.
    """
    default = crs_name(crs)
    if default is None:
        raise BadInput(
            f"不认识的坐标系 {crs} (unknown coordinate system)",
            where="crs",
            remedy="可用 use: wgs84, cgcs2000, gcj02, bd09, EPSG:4548, EPSG:4527",
        )
    troubles: list[tuple[int, str, Trouble]] = []
    x, y = _axis(n, lon, "lon", troubles), _axis(n, lat, "lat", troubles)
    if both is not None:
        for i, value in enumerate(both):
            if value is not None and not (np.isfinite(x[i]) and np.isfinite(y[i])):
                x[i], y[i], trouble = pair(value)
                if trouble:
                    troubles.append((i, "lonlat", trouble))
    bad = {i for i, _, _ in troubles}
    half = np.flatnonzero(np.isfinite(x) != np.isfinite(y))
    for i in half.tolist():
        if i not in bad:
            name = "lat" if np.isfinite(x[i]) else "lon"
            troubles.append(
                (
                    i,
                    name,
                    Trouble("half-a-place", "incomplete", "经纬度只有一个 (only one of the two coordinates)", "请补全经度和纬度"),
                )
            )
    x[half] = y[half] = np.nan
    zero = np.flatnonzero((x == 0) & (y == 0))
    for i in zero.tolist():
        troubles.append(
            (
                i,
                "lon",
                Trouble(
                    "zero-place",
                    "incomplete",
                    "坐标为 (0, 0)，按未填处理 ((0, 0) is no place; taken as missing)",
                    "请补填实际坐标",
                ),
            )
        )
    x[zero] = y[zero] = np.nan
    names = _systems(n, systems, default, troubles)
    places = Places(np.full(n, np.nan), np.full(n, np.nan), x, y, troubles)
    given = np.isfinite(x)
    if isinstance(names, str):
        _convert(places, np.flatnonzero(given), names)
    else:
        for name in sorted({s for s in names if s}):
            _convert(places, np.array([i for i in np.flatnonzero(given).tolist() if names[i] == name], dtype=np.int64), name)
    return places


def _axis(n: int, cells: Sequence[Any] | None, name: str, troubles: list[tuple[int, str, Trouble]]) -> np.ndarray:
    if cells is None:
        return np.full(n, np.nan)
    if set(map(type, cells)) <= {float, int}:
        values = np.asarray(cells, dtype=np.float64)
        if np.isfinite(values).all():
            return values.copy()
    known = {v: angle(v) for v in set(cells)} if bool not in set(map(type, cells)) else None
    out = np.empty(n)
    for i, v in enumerate(cells):
        out[i], trouble = known[v] if known is not None else angle(v)
        if trouble:
            troubles.append((i, name, trouble))
    return out


def _systems(
    n: int, cells: Sequence[Any] | None, default: str, troubles: list[tuple[int, str, Trouble]]
) -> str | list[str | None]:
    if cells is None:
        return default
    names: list[str | None] = []
    for i, value in enumerate(cells):
        written = plain(value)
        if written.casefold() in NOTHING:
            names.append(default)
            continue
        name = crs_name(written)
        if name is None:
            troubles.append(
                (
                    i,
                    "crs",
                    Trouble(
                        "unknown-crs",
                        "refuse",
                        f"不认识的坐标系“{written}” (unknown coordinate system)",
                        "可填 WGS84、CGCS2000、GCJ02、BD09 或 EPSG:4548",
                    ),
                )
            )
        names.append(name)
    return names


def _convert(places: Places, rows: np.ndarray, crs: str) -> None:
    """Convert `rows` from `crs`; what cannot stand in or near the city is refused, with a proposal where one fits."""
    if not len(rows):
        return
    x, y = places.x[rows], places.y[rows]
    lon, lat = to_wgs84(x, y, crs)
    near = _near(lon, lat)
    places.lon[rows], places.lat[rows] = lon, lat
    for j in np.flatnonzero(~near).tolist():
        i = int(rows[j])
        places.troubles.append((i, "lon", _far(float(x[j]), float(y[j]), crs)))
        places.lon[i] = places.lat[i] = np.nan


def _near(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """In the city's box with 50 km around it?"""
    with np.errstate(invalid="ignore"):
        return (lon >= AROUND[0]) & (lon <= AROUND[2]) & (lat >= AROUND[1]) & (lat <= AROUND[3])


def _fits(x: float, y: float, crs: str) -> tuple[float, float] | None:
    lon, lat = to_wgs84(np.array([x]), np.array([y]), crs)
    return (round(float(lon[0]), 7), round(float(lat[0]), 7)) if _near(lon, lat)[0] else None


def _far(x: float, y: float, crs: str) -> Trouble:
    """Why a place is nowhere near the city, and what would explain it: swapped axes, metres for degrees, degrees for metres."""
    if (there := _fits(y, x, crs)) is not None:
        return Trouble(
            "swapped",
            "refuse",
            "经度和纬度颠倒 (longitude and latitude are swapped)",
            f"对调后为 {there[0]:.6f}, {there[1]:.6f}，请核对后改正"
            + ("；平面坐标的 X 是北向，Y 是东向" if crs.startswith("EPSG") else ""),
            {"mend": "swap", "lon": there[0], "lat": there[1]},
        )
    plane = crs not in GEOGRAPHIC
    for other in PLANES if not plane else (*PLANES, "wgs84"):
        for a, b, mend in ((x, y, "crs"), (y, x, "crs+swap")):
            if other != crs and (there := _fits(a, b, other)) is not None:
                what = (
                    "是投影坐标（米），不是经纬度 (metres of a projection, not degrees)"
                    if not plane
                    else f"不像 {crs} 的坐标 (does not look like {crs})"
                )
                return Trouble(
                    "other-crs",
                    "refuse",
                    what,
                    f"按 {other} 解读为 {there[0]:.6f}, {there[1]:.6f}；请指定坐标系 {other} 后重新导入"
                    + ("，并对调两列" if "swap" in mend else ""),
                    {"mend": mend, "crs": other, "lon": there[0], "lat": there[1]},
                )
    if not plane and not (-180 <= x <= 180 and -90 <= y <= 90):
        return Trouble("not-on-earth", "refuse", "经度应在 ±180、纬度应在 ±90 之间 (no such place on earth)", "请核对坐标")
    return Trouble(
        "far-outside", "refuse", f"({x:g}, {y:g}) 距本市 50 千米以外 (more than 50 km from the city)", "请核对坐标和坐标系"
    )
