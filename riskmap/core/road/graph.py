"""Quickest ways on a network, by Dijkstra in memory: many to many, nearest of many, and the ways themselves.

A way's cost is its time in milliseconds with its length in decimetres below it in one whole number, so one search tells both, exactly, and
of two ways that take the same time the shorter one is taken.

A zone closes every edge that touches it, by exact geometry. Who is inside it leaves on closed edges and, once out, does not come back in;
who must get into it (a team) drives outside as far as it can and, once in, does not come out again. Such ways touch the zone and are never
clear; everybody else's stay outside altogether.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from riskmap.core.road import snap as snapping
from riskmap.core.road.network import Network
from riskmap.core.road.snap import SNAP_M, Snap
from riskmap.core.road.speed import WALK_KMH

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mode = Literal["walk", "drive"]
Inside = Literal["from", "to"]  # which end of the ways may lie in the zone
UNIT = float(2**24)  # decimetres below milliseconds: 1,677 km, and six days above
OFF_ROAD = 1.4  # from a place to its road, at walking pace: straight line times this
ROOM = 8_000_000  # distances held at a time


@dataclass(frozen=True)
class Closed:
    """What a zone shuts: `edges` that touch it, `nodes` that lie in it."""

    shape: shapely.Geometry
    edges: NDArray[np.bool_]
    nodes: NDArray[np.bool_]


@dataclass(frozen=True)
class Reached:
    """float[n, m] `seconds` and `metres` of the quickest ways, nan: none. `no_road_from`, `no_road_to`: places with no road in reach."""

    seconds: Floats
    metres: Floats
    no_road_from: NDArray[np.bool_]
    no_road_to: NDArray[np.bool_]


@dataclass(frozen=True)
class Layout:
    """A search's own graph: the roads outside the zone as they are, then those inside as nodes of their own, then a node for each start."""

    tail: Ints
    head: Ints
    cost: Floats
    edge: Ints  # −1: from one to the other side of the zone's rim, or from a place to its road
    nodes: int
    within: Ints  # node → its node in the zone, −1: none

    def matrix(self, tail: Ints, head: Ints, cost: Floats, nodes: int) -> csr_array:
        tail, head, cost = np.concatenate([self.tail, tail]), np.concatenate([self.head, head]), np.concatenate([self.cost, cost])
        order = np.argsort(tail, kind="stable")
        edges = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=nodes))])
        return csr_array((cost[order], head[order].astype(np.int32), edges.astype(np.int32)), shape=(nodes, nodes))


def packed(metres: Floats, ms: float | Floats) -> Floats:
    """Cost of going `metres` at `ms` metres a second."""
    return np.rint(metres / ms * 1000) * UNIT + np.rint(metres * 10)


class Graph:
    """A network made ready for searches. Never changed: another network is another graph."""

    def __init__(self, network: Network, snap_m: float = SNAP_M) -> None:
        self.network, self.snap_m = network, snap_m
        self.arcs: dict[str, tuple[Ints, Ints, Ints]] = {}
        self.cost: dict[str, Floats] = {}
        self.grounds: dict[str, snapping.Ground] = {}
        self.slowest_ms: dict[str, float] = {}
        self.tree = shapely.STRtree(network.course)
        for mode in ("drive", "walk"):
            tail, head, edge = network.arcs(mode)
            ms = network.drive_kmh / 3.6 if mode == "drive" else np.full(len(network), WALK_KMH / 3.6)
            with np.errstate(divide="ignore"):
                cost = packed(network.metres, ms)
            self.arcs[mode], self.cost[mode] = (tail, head, edge), np.where(ms > 0, cost, np.inf)
            edges = np.unique(edge)
            self.grounds[mode] = snapping.Ground(network, edges, network.largest(mode))
            self.slowest_ms[mode] = float(ms[edges].min()) if len(edges) else WALK_KMH / 3.6

    def closed(self, zone: shapely.Geometry) -> Closed:
        """What a zone (WGS 84) shuts."""
        edges = np.zeros(len(self.network), dtype=bool)
        edges[self.tree.query(zone, predicate="intersects")] = True
        shapely.prepare(zone)
        return Closed(zone, edges, np.asarray(shapely.intersects_xy(zone, self.network.lon, self.network.lat)))

    def layout(self, mode: Mode, closed: Closed | None, inside: Inside | None, turned: bool) -> Layout:
        """The graph of one search; `turned`: every way the other way round."""
        tail, head, edge = self.arcs[mode]
        cost = self.cost[mode][edge]
        n = len(self.network.lon)
        within = np.full(n, -1, dtype=np.int64)
        nodes = n
        if closed is not None:
            shut = closed.edges[edge]
            parts = [(tail[~shut], head[~shut], cost[~shut], edge[~shut])]
            if inside is not None:
                held = shut & closed.nodes[tail if inside == "from" else head]
                own = np.unique(np.concatenate([tail[shut], head[shut]]))
                within[own] = n + np.arange(len(own))
                nodes = n + len(own)
                parts.append((within[tail[held]], within[head[held]], cost[held], edge[held]))
                rim = own[~closed.nodes[own]]
                over = (within[rim], rim) if inside == "from" else (rim, within[rim])
                parts.append((*over, np.zeros(len(rim)), np.full(len(rim), -1)))
            tail, head, cost, edge = (np.concatenate(p) for p in zip(*parts, strict=True))
        if turned:
            tail, head = head, tail
        return Layout(tail, head, cost, edge, nodes, within)

    def snap(self, lon: Floats, lat: Floats, mode: Mode, closed: Closed | None = None, inside: bool = False) -> Snap:
        """Where places meet the roads; with a zone only those outside it, except for ends that may lie `inside`."""
        ground = self.grounds[mode]
        if closed is None or inside:
            return ground.snap(lon, lat, self.snap_m)
        return ground.snap(lon, lat, self.snap_m, closed.edges, closed.shape)

    def legs(self, at: Snap, mode: Mode, layout: Layout, closed: Closed | None, leaving: bool) -> tuple[Ints, Ints, Floats, Ints]:
        """(place, node, cost, candidate) of every way between a place and the ends of its candidate edges; `leaving`: from the place."""
        net, out = self.network, []
        off = packed(np.nan_to_num(at.off_m) * OFF_ROAD, WALK_KMH / 3.6)
        for c in (0, 1):
            who = np.flatnonzero(at.edge[:, c] >= 0)
            e = at.edge[who, c]
            along, length = at.along_m[who, c], net.metres[e]
            part = np.clip(along / length, 0.0, 1.0)
            whole = self.cost[mode][e]
            forward = net.direction[e] >= 0 if mode == "drive" else np.ones(len(e), dtype=bool)
            backward = net.direction[e] <= 0 if mode == "drive" else np.ones(len(e), dtype=bool)
            to_u = (backward if leaving else forward) | (along == 0)
            to_v = (forward if leaving else backward) | (along == length)
            for node, may, share in ((net.u[e], to_u, part), (net.v[e], to_v, 1 - part)):
                if closed is not None:
                    node = np.where(closed.edges[e], layout.within[node], node)
                k = may & (node >= 0)
                out.append((who[k], node[k], (off[who, c] + _share(whole, share))[k], np.full(int(k.sum()), c)))
        who, node, cost, c = (np.concatenate(p) for p in zip(*out, strict=True))
        return who, node, cost, c

    def reach(self, start: tuple[Floats, Floats], goal: tuple[Floats, Floats], mode: Mode, limit_m: float | None = None,
              closed: Closed | None = None, inside: Inside | None = None) -> Reached:  # fmt: skip
        """The quickest ways from every start to every goal, those longer than `limit_m` left out."""
        a = self.snap(*start, mode, closed, inside == "from")
        b = self.snap(*goal, mode, closed, inside == "to")
        total = self._table(a, b, mode, limit_m, closed, inside)
        with np.errstate(invalid="ignore"):
            metres, seconds = np.mod(total, UNIT) / 10, np.floor(total / UNIT) / 1000
        gone = ~np.isfinite(total)
        if limit_m is not None:
            gone |= metres > limit_m
        metres, seconds = np.where(gone, np.nan, metres), np.where(gone, np.nan, seconds)
        return Reached(seconds, metres, a.none, b.none)

    def bound(self, mode: Mode, limit_m: float | None) -> float:
        """No way within the limit costs more: its length at the slowest speed there is, and the two ends off the road."""
        if limit_m is None:
            return np.inf
        return float(
            packed(np.array(limit_m), self.slowest_ms[mode]) + 2 * packed(np.array(self.snap_m * OFF_ROAD), WALK_KMH / 3.6)
        )

    def _table(self, a: Snap, b: Snap, mode: Mode, limit_m: float | None, closed: Closed | None, inside: Inside | None) -> Floats:
        turned = len(b.lon) < len(a.lon)
        layout = self.layout(mode, closed, inside, turned)
        near, far = (b, a) if turned else (a, b)
        who, node, cost, _ = self.legs(near, mode, layout, closed, leaving=not turned)
        n = len(near.lon)
        graph = layout.matrix(layout.nodes + who, node, cost, layout.nodes + n)
        to, end, rest, _ = self.legs(far, mode, layout, closed, leaving=turned)
        out = np.full((n, len(far.lon)), np.inf)
        step = max(1, ROOM // graph.shape[0])
        order = np.argsort(to, kind="stable")
        to, end, rest = to[order], end[order], rest[order]
        edges = np.flatnonzero(np.concatenate([[True], to[1:] != to[:-1]])) if len(to) else np.empty(0, dtype=np.int64)
        for low in range(0, n, step):
            some = np.arange(low, min(n, low + step))
            far_off = dijkstra(graph, directed=True, indices=layout.nodes + some, limit=self.bound(mode, limit_m))
            if len(to):
                out[low : low + len(some), to[edges]] = np.minimum.reduceat(far_off[:, end] + rest, edges, axis=1)
        out = out.T if turned else out
        return np.minimum(out, self._straight(a, b, mode, closed, inside))

    def _straight(self, a: Snap, b: Snap, mode: Mode, closed: Closed | None, inside: Inside | None) -> Floats:
        """Cost between places on one and the same edge, along it; inf where the edge may not be taken so."""
        out = np.full((len(a.lon), len(b.lon)), np.inf)
        for i in (0, 1):
            for j in (0, 1):
                p, q = _same(a.edge[:, i], b.edge[:, j])
                if not len(p):
                    continue
                e = a.edge[p, i]
                step = b.along_m[q, j] - a.along_m[p, i]
                may = np.ones(len(p), dtype=bool) if mode == "walk" else (step == 0) | np.where(step > 0, self.network.direction[e] >= 0,
                                                                                                self.network.direction[e] <= 0)  # fmt: skip
                if closed is not None and inside is None:
                    may &= ~closed.edges[e]
                off = packed((a.off_m[p, i]) * OFF_ROAD, WALK_KMH / 3.6) + packed(b.off_m[q, j] * OFF_ROAD, WALK_KMH / 3.6)
                cost = off + _share(self.cost[mode][e], np.abs(step) / self.network.metres[e])
                np.minimum.at(out, (p[may], q[may]), cost[may])
        return out

    def nearest(self, place: Snap, posts: Snap, mode: Mode) -> tuple[Floats, Ints]:
        """(seconds from each place to the post it reaches soonest, which post; nan and −1: none), one search for all."""
        n = len(posts.lon)
        seconds, which = np.full(len(place.lon), np.nan), np.full(len(place.lon), -1, dtype=np.int64)
        if not n:
            return seconds, which
        layout = self.layout(mode, None, None, True)
        who, node, cost, _ = self.legs(posts, mode, layout, None, leaving=False)
        graph = layout.matrix(layout.nodes + who, node, cost, layout.nodes + n)
        far_off, _, source = dijkstra(
            graph, directed=True, indices=layout.nodes + np.arange(n), min_only=True, return_predecessors=True
        )
        to, end, rest, _ = self.legs(place, mode, layout, None, leaving=True)
        best = np.full(len(place.lon), np.inf)
        total = far_off[end] + rest
        order = np.lexsort((total, to))
        one, first = np.unique(to[order], return_index=True)
        best[one] = total[order][first]
        which[one] = source[end[order][first]] - layout.nodes
        for i in (0, 1):
            for j in (0, 1):
                p, q = _same(place.edge[:, i], posts.edge[:, j])
                if len(p):
                    direct = self._pairs(place, posts, p, q, i, j, mode)
                    for k in np.flatnonzero(direct < best[p]).tolist():
                        if direct[k] < best[p[k]]:
                            best[p[k]], which[p[k]] = direct[k], q[k]
        good = np.isfinite(best)
        seconds[good] = np.floor(best[good] / UNIT) / 1000
        which[~good] = -1
        return seconds, which

    def _pairs(self, a: Snap, b: Snap, p: Ints, q: Ints, i: int, j: int, mode: Mode) -> Floats:
        """As `_straight`, for these pairs alone."""
        e = a.edge[p, i]
        step = b.along_m[q, j] - a.along_m[p, i]
        away = np.where(step > 0, self.network.direction[e] < 0, self.network.direction[e] > 0) & (step != 0) & (mode == "drive")
        off = packed(a.off_m[p, i] * OFF_ROAD, WALK_KMH / 3.6) + packed(b.off_m[q, j] * OFF_ROAD, WALK_KMH / 3.6)
        return np.where(away, np.inf, off + _share(self.cost[mode][e], np.abs(step) / self.network.metres[e]))


def _share(cost: Floats, part: Floats) -> Floats:
    """A part of an edge's cost, time and length each rounded, so that whole numbers stay whole."""
    with np.errstate(invalid="ignore"):
        ms, dm = np.floor(cost / UNIT), np.mod(cost, UNIT)
    return np.rint(ms * part) * UNIT + np.rint(dm * part)


def _same(a: Ints, b: Ints) -> tuple[Ints, Ints]:
    """Positions of equal edges (not −1), every pair."""
    order = np.argsort(b, kind="stable")
    low, high = np.searchsorted(b[order], a, side="left"), np.searchsorted(b[order], a, side="right")
    low = np.where(a < 0, high, low)
    counts = high - low
    p = np.repeat(np.arange(len(a)), counts)
    starts = np.cumsum(counts) - counts
    at = np.arange(int(counts.sum())) - np.repeat(starts - low, counts) if len(p) else np.empty(0, dtype=np.int64)
    return p, order[at]
