"""Lines into a network: cut where they meet, joined where their ends are one place, measured, and given the speed of their class.

Lines meet where they share a point (an OSM node, or the same coordinates): a bridge over a road shares none. Ends that nearly touch are
joined only when a tolerance is given; nothing is joined silently.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from riskmap.core.coordinates import EARTH_RADIUS_M, to_wgs84
from riskmap.core.road.lines import Lines
from riskmap.core.road.network import Network
from riskmap.core.road.speed import FACTOR, UNKNOWN, Speeds
from riskmap.errors import BadInput

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
PLACES = 6  # decimals of a degree kept: 0.1 m, the same in the store and in every answer
SHORTEST_M = 0.01
AROUND = (72.0, 3.0, 136.0, 54.0)  # China; outside it axes are swapped or the datum is another
GEOD = Geod(ellps="WGS84")


def built(
    lines: Lines, speeds: Speeds, crs: str, *, join_m: float = 0.0, factor: float = FACTOR
) -> tuple[Network, list[dict[str, object]]]:
    """(network, remarks {code, count, text}). `crs`: what the coordinates are in. Raises BadInput where they cannot be a road network."""
    remarks = list(lines.remarks)
    lon, lat = to_wgs84(lines.lon, lines.lat, crs)
    lon, lat = lon.round(PLACES), lat.round(PLACES)
    w, s, e, n = AROUND
    inside = np.isfinite(lon) & np.isfinite(lat) & (lon >= w) & (lon <= e) & (lat >= s) & (lat <= n)
    if not inside.all():
        at = int(np.argmin(inside))
        raise BadInput(
            f"坐标不在中国范围内：{lines.lon[at]:.6f}, {lines.lat[at]:.6f} / a coordinate lies outside China",
            where=f"第 {at + 1} 个顶点 vertex {at + 1}",
            remedy="核对坐标系与经纬度次序 / check the datum and the order of axes: --crs",
        )
    place, node_lon, node_lat = _places(lines, lon, lat, join_m)
    first, last, line = _cut(lines, place)
    edges = _courses(lon, lat, first, last)
    metres = _lengths(lon, lat, first, last)
    said = lines.metres[line]
    alone = (first == lines.start[line]) & (last == lines.start[line + 1] - 1)
    metres = np.where(
        alone & np.isfinite(said) & (said > metres), said, metres
    )  # a table tells how long a street is, and draws it straight
    kept = (metres >= SHORTEST_M) & (place[first] != place[last])
    return _network(
        lines,
        speeds,
        factor,
        edges[kept],
        metres[kept],
        line[kept],
        place[first[kept]],
        place[last[kept]],
        node_lon,
        node_lat,
        remarks,
    ), remarks


def _places(lines: Lines, lon: Floats, lat: Floats, join_m: float) -> tuple[Ints, Floats, Floats]:
    """(place of each point, lon, lat of each place): equal keys or coordinates are one, and with a tolerance ends that nearly touch."""
    if lines.key is not None:
        _, first, place = np.unique(lines.key, return_index=True, return_inverse=True)
    else:
        packed = np.rint(lon * 10**PLACES).astype(np.int64) * 2**30 + np.rint(lat * 10**PLACES).astype(np.int64)
        _, first, place = np.unique(packed, return_index=True, return_inverse=True)
    at_lon, at_lat = lon[first], lat[first]
    if join_m > 0:
        ends = np.unique(place[np.concatenate([lines.start[:-1], lines.start[1:] - 1])])
        scale = np.radians(EARTH_RADIUS_M)
        xy = np.stack([at_lon[ends] * scale * np.cos(np.radians(at_lat[ends].mean())), at_lat[ends] * scale], axis=1)
        pairs = cKDTree(xy).query_pairs(join_m, output_type="ndarray")
        near = csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(ends), len(ends)))
        _, group = connected_components(near, directed=False)
        _, leader = np.unique(group, return_index=True)
        moved = np.arange(len(at_lon))
        moved[ends] = ends[leader[group]]
        place = moved[place]
    return place.astype(np.int64), at_lon, at_lat


def _cut(lines: Lines, place: Ints) -> tuple[Ints, Ints, Ints]:
    """(first point, last point, line) of every edge: a line is cut at its ends and where another line (or itself) has the same place."""
    begin, end = lines.start[:-1], lines.start[1:] - 1
    count = np.bincount(place)
    knot = count[place] > 1
    knot[begin] = knot[end] = True
    first, last, owner = _between(lines, knot)
    ring = (place[first] == place[last]) & (
        last - first >= 2
    )  # a street that comes back to where it left has a house in its middle too
    knot[(first[ring] + last[ring]) // 2] = True
    return _between(lines, knot)


def _between(lines: Lines, knot: NDArray[np.bool_]) -> tuple[Ints, Ints, Ints]:
    at = np.flatnonzero(knot)
    owner = np.searchsorted(lines.start, at, side="right") - 1
    same = owner[:-1] == owner[1:]
    return at[:-1][same], at[1:][same], owner[:-1][same]


def _lengths(lon: Floats, lat: Floats, first: Ints, last: Ints) -> Floats:
    """Geodesic metres of each run of points first..last."""
    _, _, step = GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    sums = np.concatenate([[0.0], np.cumsum(step)])
    return sums[last] - sums[first]


def _courses(lon: Floats, lat: Floats, first: Ints, last: Ints) -> NDArray[np.object_]:
    counts = last - first + 1
    starts = np.cumsum(counts) - counts
    pick = np.arange(int(counts.sum())) - np.repeat(starts - first, counts)
    return shapely.linestrings(np.stack([lon[pick], lat[pick]], axis=1), indices=np.repeat(np.arange(len(first)), counts))


def _network(lines: Lines, speeds: Speeds, factor: float, course: NDArray[np.object_], metres: Floats, line: Ints, u: Ints, v: Ints, lon: Floats,
             lat: Floats, remarks: list[dict[str, object]]) -> Network:  # fmt: skip
    classes = [speeds.of(k) for k in lines.kind]
    limits = [None if np.isnan(x) else float(x) for x in lines.limit_kmh]
    drive = np.array([speeds.drive_kmh(c, x, factor) for c, x in zip(classes, limits, strict=True)], dtype=np.float64)
    walk = np.array([c.walk for c in classes], dtype=bool)
    strange = sum(c.code == UNKNOWN for c in classes)
    if strange:
        kmh = speeds.drive_kmh(speeds.classes[UNKNOWN], None, factor)
        remarks.append(
            {
                "code": "class",
                "count": strange,
                "text": f"道路等级未知，车速按 {kmh:g} km/h / of no known class, driven at {kmh:g} km/h",
            }
        )
    useful = (drive[line] > 0) | walk[line]
    line, course, metres, u, v = line[useful], course[useful], metres[useful], u[useful], v[useful]
    if not len(line):
        raise BadInput(
            "文件里没有可走的道路 / no road in the file", where="edges", remedy="核对道路等级字段 / check the field of the class"
        )
    used, back = np.unique(np.concatenate([u, v]), return_inverse=True)
    kind = np.array([c.code for c in classes], dtype=np.str_)
    name = np.array([n or "" for n in lines.name], dtype=np.str_)
    return Network(lon[used], lat[used], back[: len(u)].astype(np.int64), back[len(u) :].astype(np.int64), lines.oneway[line].astype(np.int8),
                   drive[line], walk[line], metres, kind[line], name[line], course)  # fmt: skip
