"""Where a place meets the roads: the nearest road, and the nearest one of the largest connected piece, each no farther than the limit.

Two candidates, because the nearest bit of road may hang together with nothing; the quickest way decides between them, and how far off the
road a place lies is told. Farther than the limit there is no road.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from riskmap.core.coordinates import EARTH_RADIUS_M
from riskmap.core.road.network import Network

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SNAP_M = 1000.0
AT_NODE_M = 0.2  # nearer than this to a node is at the node


@dataclass(frozen=True)
class Snap:
    """For each place two candidates, arrays [n, 2]: `edge` (−1: none), `along_m` of its length from u, `off_m` from the place to it."""

    lon: Floats
    lat: Floats
    edge: Ints
    along_m: Floats
    off_m: Floats

    @property
    def none(self) -> NDArray[np.bool_]:
        """Places with no road within the limit."""
        return (self.edge < 0).all(axis=1)


class Ground:
    """Edges of one mode in a plane of metres, to be found by distance."""

    def __init__(self, network: Network, edges: Ints, largest: NDArray[np.bool_]) -> None:
        self.network, self.edges = network, edges
        self.scale = float(np.radians(EARTH_RADIUS_M))
        self.squeeze = float(np.cos(np.radians(network.lat.mean()))) if len(network.lat) else 1.0
        self.flat = shapely.transform(network.course[edges], self._plane)
        self.tree = shapely.STRtree(self.flat)
        core = largest[network.u[edges]] & largest[network.v[edges]]
        self.core = np.flatnonzero(core)
        self.core_tree = shapely.STRtree(self.flat[self.core]) if len(self.core) < len(edges) else None

    def _plane(self, xy: Floats) -> Floats:
        return xy * np.array([self.scale * self.squeeze, self.scale])

    def points(self, lon: Floats, lat: Floats) -> NDArray[np.object_]:
        return shapely.points(self._plane(np.stack([lon, lat], axis=1)))

    def snap(self, lon: Floats, lat: Floats, limit_m: float = SNAP_M, shut: NDArray[np.bool_] | None = None,
             barred: shapely.Geometry | None = None) -> Snap:  # fmt: skip
        """`shut`: edges (of the network) that are not offered. `barred`: what the way from a place to its road may not touch."""
        lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
        n = len(lon)
        edge = np.full((n, 2), -1, dtype=np.int64)
        place = self.points(lon, lat)
        for column, tree, of in ((0, self.tree, None), (1, self.core_tree, self.core)):
            if tree is None:
                continue
            who, found = tree.query_nearest(place, max_distance=limit_m, all_matches=False)
            edge[who, column] = found if of is None else of[found]
        edge[edge[:, 0] == edge[:, 1], 1] = -1
        if shut is not None or barred is not None:
            self._elsewhere(place, lon, lat, edge, limit_m, shut, barred)
        return self._measured(place, lon, lat, edge)

    def _elsewhere(self, place: NDArray[np.object_], lon: Floats, lat: Floats, edge: Ints, limit_m: float, shut: NDArray[np.bool_] | None,
                   barred: shapely.Geometry | None) -> None:  # fmt: skip
        """Places whose candidates are not to be had take the nearest ones that are."""
        bad = self._bad(place, lon, lat, np.repeat(np.arange(len(place)), 2), edge.ravel(), shut, barred).reshape(edge.shape)
        again = np.flatnonzero(bad.any(axis=1))
        edge[bad] = -1
        if not len(again):
            return
        who, found = self.tree.query(place[again], predicate="dwithin", distance=limit_m)
        who = again[who]
        good = ~self._bad(place, lon, lat, who, found, shut, barred)
        who, found = who[good], found[good]
        order = np.lexsort((found, shapely.distance(place[who], self.flat[found]), who))
        who, found = who[order], found[order]
        core = np.zeros(len(self.edges), dtype=bool)
        core[self.core] = True
        for column, keep in ((0, np.ones(len(who), dtype=bool)), (1, core[found])):
            one, first = np.unique(who[keep], return_index=True)
            edge[one, column] = found[keep][first]
        edge[edge[:, 0] == edge[:, 1], 1] = -1

    def _bad(self, place: NDArray[np.object_], lon: Floats, lat: Floats, who: Ints, found: Ints, shut: NDArray[np.bool_] | None,
             barred: shapely.Geometry | None) -> NDArray[np.bool_]:  # fmt: skip
        out = np.zeros(len(who), dtype=bool)
        some = np.flatnonzero(found >= 0)
        if shut is not None:
            out[some] = shut[self.edges[found[some]]]
        if barred is not None and len(some):
            meet = shapely.line_interpolate_point(
                self.flat[found[some]], shapely.line_locate_point(self.flat[found[some]], place[who[some]])
            )
            to = shapely.get_coordinates(meet) / np.array([self.scale * self.squeeze, self.scale])
            leg = shapely.linestrings(np.stack([np.stack([lon[who[some]], lat[who[some]]], axis=1), to], axis=1))
            shapely.prepare(barred)
            out[some] |= shapely.intersects(barred, leg)
        return out

    def _measured(self, place: NDArray[np.object_], lon: Floats, lat: Floats, edge: Ints) -> Snap:
        n = len(place)
        along, off, real = np.zeros((n, 2)), np.full((n, 2), np.nan), np.full((n, 2), -1, dtype=np.int64)
        for column in (0, 1):
            at = np.flatnonzero(edge[:, column] >= 0)
            line = self.flat[edge[at, column]]
            part = shapely.line_locate_point(line, place[at], normalized=True)
            real[at, column] = self.edges[edge[at, column]]
            length = self.network.metres[real[at, column]]
            metres = part * length
            metres = np.where(metres <= AT_NODE_M, 0.0, np.where(length - metres <= AT_NODE_M, length, metres))
            along[at, column] = metres
            off[at, column] = shapely.distance(line, place[at])
        off = np.where(off <= AT_NODE_M, 0.0, off)
        return Snap(lon, lat, real, along, off)
