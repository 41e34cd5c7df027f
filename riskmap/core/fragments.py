"""Fragments: what of each H3 cell lies in which district.

Cells do not fit districts, so the engine works on district × cell. Borders and cells are laid into one equal-area plane and
intersected there; each cell's pieces are scaled to its true area, so that they add up to it; what lies in no district is the
fragment OUTSIDE.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from riskmap.core import cell as h3cell

OUTSIDE = "000000"
SLIVER = 1e-5                # of a cell, under 1 m² at resolution 9: rounding at shared borders, given to the largest fragment
PIECE_VERTICES = 64          # borders are cut into pieces of about this many vertices before they meet cells
_PLANE = "+proj=laea +lat_0=40.2 +lon_0=116.4 +ellps=WGS84 +units=m"


@dataclass(frozen=True, slots=True)
class Fragments:
    """Parallel arrays, sorted by cell then district. area_m2 of a cell's fragments sums to cell.area_m2 of the cell."""

    cell: NDArray[np.int64]
    district: NDArray[np.str_]       # six digits, OUTSIDE for the part beyond the city
    area_m2: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.cell)


def fragments(districts: Sequence[tuple[str, shapely.Geometry]], res: int = h3cell.RESOLUTION, *,
              limit: int = 400_000) -> Fragments:
    """Every non-empty intersection of a cell with a district, and the rest of border cells as OUTSIDE.

    districts: (code, polygon or multipolygon in WGS 84 degrees), not overlapping. Raises TooLarge when one of them would take
    more than `limit` cells. Takes seconds for a city: cells that no border touches are never intersected.
    """
    if not districts:
        return Fragments(np.empty(0, np.int64), np.empty(0, "<U6"), np.empty(0))
    codes = np.array([code for code, _ in districts])
    covers = [h3cell.cover(shape, res, limit=limit) for _, shape in districts]
    cells = np.unique(np.concatenate(covers))
    hexagons = _flat(h3cell.polygons(cells))
    borders = _flat(np.array([shape for _, shape in districts], dtype=object))
    whole = _whole(hexagons, borders, [np.searchsorted(cells, c) for c in covers])
    edge = np.flatnonzero(whole < 0)
    at, district, share = _cut(hexagons[edge], borders)
    rest = 1.0 - np.bincount(at, weights=share, minlength=len(edge))
    inner = np.flatnonzero(whole >= 0)
    position = np.concatenate([inner, edge[at], edge])
    index = np.concatenate([whole[inner], district, np.full(len(edge), -1)])
    shares = np.concatenate([np.ones(len(inner)), share, rest])
    return _tidy(cells, codes, position, index, shares)


def _flat(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Shapes from degrees into the equal-area plane, vertex by vertex: borders that are shared stay shared."""
    to_plane = Transformer.from_crs("EPSG:4326", _PLANE, always_xy=True)
    return shapely.transform(shapes, lambda xy: np.column_stack(to_plane.transform(xy[:, 0], xy[:, 1])))


def _whole(hexagons: NDArray[np.object_], borders: NDArray[np.object_], covers: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Index of the district that holds each cell wholly; −1 for cells on a border."""
    out = np.full(len(hexagons), -1, dtype=np.int64)
    for i, (border, at) in enumerate(zip(borders, covers, strict=True)):
        shapely.prepare(border)
        out[at[shapely.contains_properly(border, hexagons[at])]] = i
    return out


def _cut(hexagons: NDArray[np.object_],
         borders: NDArray[np.object_]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """(cell, district, share of the cell's area) of every pair that meets."""
    pieces, owner = [], []
    for i, border in enumerate(borders):
        cut = [p for part in shapely.get_parts(border) for p in _pieces(part)]
        pieces += cut
        owner += [i] * len(cut)
    pieces_array, owner_array = np.array(pieces, dtype=object), np.array(owner, dtype=np.int64)
    at, which = shapely.STRtree(pieces_array).query(hexagons, predicate="intersects")
    area = shapely.area(shapely.intersection(hexagons[at], pieces_array[which]))
    pair, back = np.unique(at * len(borders) + owner_array[which], return_inverse=True)
    total = np.bincount(back, weights=area, minlength=len(pair))
    cell, district = pair // len(borders), pair % len(borders)
    return cell, district, total / shapely.area(hexagons[cell])


def _pieces(shape: shapely.Geometry) -> list[shapely.Geometry]:
    """The polygon cut by halving its box until each piece is small, so that an intersection costs what a piece costs."""
    if shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon", "GeometryCollection"):
        return []
    if shapely.get_num_coordinates(shape) <= PIECE_VERTICES:
        return [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
    west, south, east, north = shape.bounds
    if east - west > north - south:
        middle = (west + east) / 2
        boxes = ((west, south, middle, north), (middle, south, east, north))
    else:
        middle = (south + north) / 2
        boxes = ((west, south, east, middle), (west, middle, east, north))
    return [p for box in boxes for p in _pieces(shapely.intersection(shape, shapely.box(*box)))]


def _tidy(cells: NDArray[np.int64], codes: NDArray[np.str_], position: NDArray[np.int64], index: NDArray[np.int64],
          share: NDArray[np.float64]) -> Fragments:
    """Slivers to the largest fragment of their cell, shares scaled to the true area, rows in order of cell and district."""
    keep = share > SLIVER
    position, index, share = position[keep], index[keep], share[keep]
    kept = np.bincount(position, weights=share, minlength=len(cells))
    order = np.lexsort((-share, position))                      # largest fragment of each cell first
    first = order[np.unique(position[order], return_index=True)[1]]
    share[first] += 1.0 - kept[position[first]]
    named = np.where(index < 0, OUTSIDE, codes[np.maximum(index, 0)])
    order = np.lexsort((named, position))
    position, named, share = position[order], named[order], share[order]
    return Fragments(cells[position], named, share * h3cell.area_m2(cells)[position])
