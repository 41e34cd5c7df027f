"""H3 cells: the only file that knows h3.

A cell is a 64-bit integer; arrays are int64 (the top bit of a cell index is never set). A place gets its cell once, at
RESOLUTION 9; anything coarser is the parent of that cell, never the cell of the point at the coarser resolution: the two rules
disagree for 6–7 % of points. Coordinates are WGS 84 degrees, longitude first.
"""

from __future__ import annotations

from collections.abc import Iterable

import h3.api.basic_int as h3
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from riskmap.core.coordinates import LonLat, distance_m
from riskmap.errors import BadInput, TooLarge

Cells = NDArray[np.int64]
Floats = NDArray[np.float64]

RESOLUTION = 9
SPACING_M = 330.0          # one centre spacing at resolution 9 over Beijing, see method.md §3
_RES_MASK = ~np.int64(15 << 52)


def cells_of(lon: ArrayLike, lat: ArrayLike) -> Cells:
    """The resolution-9 cell of each place. Raises BadInput when a coordinate is missing or not on the globe."""
    x, y = np.atleast_1d(np.asarray(lon, dtype=np.float64)), np.atleast_1d(np.asarray(lat, dtype=np.float64))
    bad = ~((np.abs(x) <= 180) & (np.abs(y) <= 90))
    if bad.any():
        at = int(np.argmax(bad))
        title = f"坐标不可用 ({x[at]}, {y[at]}) (not a place on the globe)"
        raise BadInput(title, where=f"[{at}]", remedy="经度 −180…180, 纬度 −90…90")
    of = h3.latlng_to_cell
    pairs = zip(x.tolist(), y.tolist(), strict=True)
    return np.fromiter((of(b, a, RESOLUTION) for a, b in pairs), dtype=np.int64, count=len(x))


def cell_of(place: LonLat) -> int:
    """The resolution-9 cell of one place."""
    return int(cells_of(place.lon, place.lat)[0])


def resolution(cells: ArrayLike) -> NDArray[np.int64]:
    """Resolution 0..15 of each cell."""
    return (np.asarray(cells, dtype=np.int64) >> 52) & 15


def parent(cells: ArrayLike, res: int) -> Cells:
    """The ancestor of each cell at resolution `res` by bit arithmetic; `res` is not finer than the cells (BadInput)."""
    c = np.asarray(cells, dtype=np.int64)
    if not 0 <= res <= 15 or (c.size and res > int(resolution(c).min())):
        raise BadInput(f"分辨率 {res} 不比网格粗 (resolution is not coarser than the cells)", where="resolution")
    return (c & _RES_MASK) | np.int64(res << 52) | np.int64((1 << (45 - 3 * res)) - 1)


def center(cells: ArrayLike) -> tuple[Floats, Floats]:
    """Longitude and latitude arrays of the cell centres."""
    c = np.atleast_1d(np.asarray(cells, dtype=np.int64))
    out = np.array([h3.cell_to_latlng(v) for v in c.tolist()], dtype=np.float64).reshape(-1, 2)
    return np.ascontiguousarray(out[:, 1]), np.ascontiguousarray(out[:, 0])


def area_m2(cells: ArrayLike) -> Floats:
    """True area of each cell on the sphere h3 works on, square metres."""
    c = np.atleast_1d(np.asarray(cells, dtype=np.int64))
    return np.fromiter((h3.cell_area(v, unit="m^2") for v in c.tolist()), dtype=np.float64, count=len(c))


def boundary(cell: int) -> list[LonLat]:
    """Corners of one cell, counter-clockwise, not closed."""
    return [LonLat(lon, lat) for lat, lon in h3.cell_to_boundary(int(cell))]


def polygons(cells: ArrayLike) -> NDArray[np.object_]:
    """Shapely polygons (WGS 84) of many cells."""
    c = np.atleast_1d(np.asarray(cells, dtype=np.int64))
    rings = [h3.cell_to_boundary(v) for v in c.tolist()]
    counts = np.array([len(r) for r in rings], dtype=np.int64)
    if not len(rings):
        return np.empty(0, dtype=object)
    flat = np.array([(lon, lat) for ring in rings for lat, lon in (*ring, ring[0])], dtype=np.float64)
    return shapely.polygons(shapely.linearrings(flat, indices=np.repeat(np.arange(len(rings)), counts + 1)))


def disk(cell: int, k: int) -> Cells:
    """The cell and all within `k` steps, sorted. 3k(k+1)+1 of them."""
    return np.sort(np.array(h3.grid_disk(int(cell), k), dtype=np.int64))


def cover(shape: shapely.Geometry, res: int = RESOLUTION, *, limit: int = 400_000) -> Cells:
    """Every cell that touches the polygon or multipolygon, sorted.

    Raises TooLarge when it would be more than `limit`, before any cell is made.
    """
    if shape.is_empty:
        return np.empty(0, dtype=np.int64)
    if shape.geom_type not in ("Polygon", "MultiPolygon"):
        raise BadInput(f"不能覆盖 {shape.geom_type} (only polygons are covered by cells)", where="geometry")
    guard_cells(shape, res, limit)
    shapely.prepare(shape)
    step_m = 0.7 * _inradius_m(shape, res)
    inner = _cells_at(_raster(shape, step_m), res)
    line = shapely.get_coordinates(shapely.segmentize(shapely.boundary(shape), step_m / 111_320))
    touched = np.unique(_cells_at(line, res))
    near = np.unique(np.array([n for c in touched.tolist() for n in h3.grid_disk(c, 1)], dtype=np.int64))
    found = np.union1d(inner, near[shapely.intersects(shape, polygons(near))])
    if len(found) > limit:
        raise _too_many(len(found), limit)
    return found


# From the middle of a cell to the farthest corner of its resolution-9 descendants, metres: the largest found on the whole globe, and 5 %.
_REACH_M = {5: 11_900.0, 6: 4450.0, 7: 1680.0, 8: 620.0, 9: 235.0}
_BOX_CELLS = 200           # about so many cells cover a box


def ranges(box: tuple[float, float, float, float]) -> tuple[list[int], list[int]]:
    """(lowest, highest) ids of runs of resolution-9 cells that hold every place in a box (west, south, east, north, degrees).

    A run may hold places outside the box too. For boxes a small part of a hemisphere: the cells are counted beforehand.
    """
    west, south, east, north = box
    narrow = max(0.05, float(np.cos(np.radians(max(abs(south), abs(north))))))
    middle = h3.latlng_to_cell((south + north) / 2, (west + east) / 2, RESOLUTION)
    fine = (east - west) * 111_320 * narrow * (north - south) * 111_320 / h3.cell_area(middle, unit="m^2")
    res = next((r for r in (9, 8, 7, 6) if fine < _BOX_CELLS * 7 ** (RESOLUTION - r)), 5)
    # Cells whose middle lies in the box widened by a cell's reach: a fifth of the time that h3's own "overlap" takes.
    # PostGIS compares boxes in 32 bits, so a place 1.5e-5 degrees outside may count as inside: hold it too.
    margin = _REACH_M[res] / 111_320 + 2e-5
    south, north = max(-89.9, south - margin), min(89.9, north + margin)
    west, east = max(-180.0, west - margin / narrow), min(180.0, east + margin / narrow)
    ring = h3.LatLngPoly([(south, west), (south, east), (north, east), (north, west)])
    found = np.sort(np.array(h3.h3shape_to_cells(ring, res), dtype=np.int64))
    free = np.int64((1 << (45 - 3 * res)) - (1 << (45 - 3 * RESOLUTION)))     # digits of the resolutions in between
    low = (found & _RES_MASK & ~free) | np.int64(RESOLUTION << 52)
    high = low | free
    step = np.int64(1 << (45 - 3 * RESOLUTION))
    apart = np.flatnonzero(low[1:] - high[:-1] > 2 * step) + 1                # digit 7 is never used: its gap is none
    first, last = np.concatenate([[0], apart]), np.concatenate([apart, [len(found)]]) - 1
    return (low[first].tolist(), high[last].tolist()) if len(found) else ([], [])


def _inradius_m(shape: shapely.Geometry, res: int) -> float:
    """Radius of the circle inside a cell at the middle of the shape."""
    west, south, east, north = shape.bounds
    middle = h3.latlng_to_cell((south + north) / 2, (west + east) / 2, res)
    around = [h3.cell_to_latlng(c) for c in h3.grid_ring(middle, 1)]
    lat, lon = np.array(around).T
    return float(distance_m(*reversed(h3.cell_to_latlng(middle)), lon, lat).min()) / 2


def _raster(shape: shapely.Geometry, step_m: float) -> Floats:
    """Points inside the shape on a grid so fine that no cell lying wholly inside is missed, shape (n, 2), lon lat."""
    west, south, east, north = shape.bounds
    narrowest = max(0.01, np.cos(np.radians(max(abs(south), abs(north)))))
    widest = max(0.01, np.cos(np.radians(0 if south < 0 < north else min(abs(south), abs(north)))))
    step = step_m * np.sqrt(2) / 111_320 * (narrowest / widest)
    x, y = np.meshgrid(np.arange(west, east + step, step / narrowest), np.arange(south, north + step, step))
    inside = shapely.contains_xy(shape, x.ravel(), y.ravel())
    return np.column_stack([x.ravel()[inside], y.ravel()[inside]])


def _cells_at(points: Floats, res: int) -> Cells:
    """Cells of points, for covering only: a place's own cell comes from cells_of."""
    of = h3.latlng_to_cell
    return np.fromiter((of(lat, lon, res) for lon, lat in points.tolist()), dtype=np.int64, count=len(points))


def guard_cells(shape: shapely.Geometry, res: int, limit: int) -> None:
    """Refuse before any work is done: the box of the shape in cells of the size they have at its middle."""
    west, south, east, north = shape.bounds
    lat = (south + north) / 2
    one = h3.cell_area(h3.latlng_to_cell(lat, (west + east) / 2, res), unit="m^2")
    box_m2 = (east - west) * 111_320 * max(0.01, float(np.cos(np.radians(lat)))) * (north - south) * 111_320
    share = min(1.0, shape.area / max(1e-12, (east - west) * (north - south)))
    expected = int(box_m2 * share / one)
    if expected > limit:
        raise _too_many(expected, limit)


def hex_of(cells: ArrayLike) -> list[str]:
    """Hexadecimal text of each cell, as used by the page and the API."""
    return [f"{v:x}" for v in np.atleast_1d(np.asarray(cells, dtype=np.int64)).tolist()]


def from_hex(texts: Iterable[str] | str) -> Cells:
    """Cells from hexadecimal texts. Raises BadInput for what is not a cell."""
    out = []
    for text in [texts] if isinstance(texts, str) else texts:
        try:
            value = int(text, 16)
        except (TypeError, ValueError):
            value = -1
        if not 0 < value < 2**63 or not h3.is_valid_cell(value):
            title = f"不是网格编号 {str(text)[:32]!r} (not a cell)"
            raise BadInput(title, where="cell", remedy="15 位十六进制 e.g. 8931aa42853ffff")
        out.append(value)
    return np.array(out, dtype=np.int64)


def _too_many(count: int, limit: int) -> TooLarge:
    title = f"范围太大: 约 {count} 个网格, 上限 {limit} (too many cells)"
    return TooLarge(title, where="geometry", remedy="缩小范围或降低分辨率 smaller area or coarser cells")
