"""Who lives in a zone: residents of the product's one ground, cell by cell, gathered into groups small enough to be sent somewhere.

A cell that lies across the edge counts with the share of its area inside; `most` counts it whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from riskmap.core import cell as h3cell
from riskmap.core.grading.ground import Ground

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
GROUPS = 300  # as many groups as a minute's table holds; more cells are gathered into coarser ones
EDGE_DEG = 0.006  # more than a cell of resolution 9 reaches from its centre


@dataclass(frozen=True, slots=True)
class Residents:
    """Groups parallel: cell (of `resolution`), people (rounded up), lon and lat of where they live, district index. `milli`: their exact sum;
    `most`: people if every cell that touches the zone counted whole."""

    resolution: int
    cell: Ints
    people: Ints
    lon: Floats
    lat: Floats
    district: Ints
    milli: int
    most: int


def residents(ground: Ground, shape: shapely.Geometry, groups: int = GROUPS) -> Residents:
    """Residents of a polygon (WGS 84). A district index of −1 is outside the city."""
    x, y, z = ground.xyz[:, 0], ground.xyz[:, 1], ground.xyz[:, 2]
    west, south, east, north = shape.bounds
    low, high = np.sin(np.radians([south - EDGE_DEG, north + EDGE_DEG]))
    near = np.flatnonzero((z >= low) & (z <= high) & (ground.residents > 0))
    lon, lat = np.degrees(np.arctan2(y[near], x[near])), np.degrees(np.arcsin(z[near]))
    kept = (lon >= west - 2 * EDGE_DEG) & (lon <= east + 2 * EDGE_DEG)
    near, lon, lat = near[kept], lon[kept], lat[kept]
    share = _shares(ground.cell[near], lon, lat, shape)
    near, lon, lat, share = (v[share > 0] for v in (near, lon, lat, share))
    milli = ground.residents[near] * share
    return _gathered(ground, near, lon, lat, milli, groups)


def _shares(cell: Ints, lon: Floats, lat: Floats, shape: shapely.Geometry) -> Floats:
    """Share of each cell's area that lies inside."""
    shapely.prepare(shape)
    share = np.asarray(shapely.contains_xy(shape, lon, lat), dtype=np.float64)
    edge = np.flatnonzero(shapely.dwithin(shapely.boundary(shape), shapely.points(lon, lat), EDGE_DEG))
    hexes = h3cell.polygons(cell[edge])
    share[edge] = shapely.area(shapely.intersection(hexes, shape)) / shapely.area(hexes)
    return share


def _gathered(ground: Ground, at: Ints, lon: Floats, lat: Floats, milli: Floats, groups: int) -> Residents:
    resolution = h3cell.RESOLUTION
    cell = ground.cell[at]
    while len(np.unique(cell)) > groups and resolution > 6:
        resolution -= 1
        cell = h3cell.parent(ground.cell[at], resolution)
    named, where = np.unique(cell, return_inverse=True)
    total = np.bincount(where, weights=milli, minlength=len(named))
    heavy = np.maximum(total, 1e-9)
    district = _districts(ground, at)
    own = np.full(len(named), -1, dtype=np.int64)
    for i in np.argsort(milli, kind="stable"):  # the most people decide whose group it is
        own[where[i]] = district[i]
    return Residents(
        resolution,
        named,
        np.ceil(total / 1000 - 1e-9).astype(np.int64),
        np.bincount(where, weights=milli * lon, minlength=len(named)) / heavy,
        np.bincount(where, weights=milli * lat, minlength=len(named)) / heavy,
        own,
        int(round(float(milli.sum()))),
        int(np.ceil(ground.residents[at].sum() / 1000)),
    )


def _districts(ground: Ground, at: Ints) -> Ints:
    """The district most of a cell's residents are of."""
    order, edges = ground.cell_fragments
    out = np.empty(len(at), dtype=np.int64)
    for i, cell in enumerate(at.tolist()):
        own = order[edges[cell] : edges[cell + 1]]
        out[i] = ground.fragment_district[own[np.argmax(ground.fragment_residents[own])]]
    return out
