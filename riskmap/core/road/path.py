"""The ways themselves: which roads, in which order, as one line from place to place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra
from shapely.ops import substring

from riskmap.core.road.graph import ROOM, UNIT, Closed, Graph, Inside, Layout, Mode
from riskmap.core.road.network import Network
from riskmap.core.road.snap import Snap

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
PLACES = 6


@dataclass(frozen=True)
class Way:
    """A way from place to place: its course (WGS 84), time, length, how far off the road its two ends lie. `edges`: roads it takes, in order."""

    course: shapely.LineString
    seconds: float
    metres: float
    off_m: tuple[float, float]
    edges: tuple[int, ...]


def ways(graph: Graph, start: tuple[Floats, Floats], goal: tuple[Floats, Floats], pairs: Sequence[tuple[int, int]], mode: Mode,
         closed: Closed | None = None, inside: Inside | None = None, most_s: float | None = None) -> list[Way | None]:  # fmt: skip
    """The quickest way of each pair (position of a start, position of a goal); None: there is none. `most_s`: none takes longer than that."""
    if not pairs:
        return []
    a = graph.snap(*start, mode, closed, inside == "from")
    b = graph.snap(*goal, mode, closed, inside == "to")
    firsts, lasts = (np.unique([p[k] for p in pairs]) for k in (0, 1))
    turned = len(lasts) < len(firsts)
    walk = _Walk(graph, mode, closed, inside, turned, a, b)
    found: dict[tuple[int, int], Way | None] = {}
    bound = np.inf if most_s is None else (most_s + 1) * 1000 * UNIT
    roots = lasts if turned else firsts
    step = max(1, ROOM // (2 * walk.nodes))
    for low in range(0, len(roots), step):
        some = roots[low : low + step]
        cost, back = dijkstra(walk.matrix, directed=True, indices=walk.layout.nodes + some, limit=bound, return_predecessors=True)
        row = {int(r): k for k, r in enumerate(some)}
        for p in pairs:
            root = p[1] if turned else p[0]
            if root in row and p not in found:
                found[p] = walk.way(p, cost[row[root]], back[row[root]])
    return [found[p] for p in pairs]


class _Walk:
    """One search's graph with what is needed to read ways out of it."""

    def __init__(
        self, graph: Graph, mode: Mode, closed: Closed | None, inside: Inside | None, turned: bool, a: Snap, b: Snap
    ) -> None:
        self.graph, self.mode, self.closed, self.inside, self.turned, self.a, self.b = graph, mode, closed, inside, turned, a, b
        self.layout: Layout = graph.layout(mode, closed, inside, turned)
        near, far = (b, a) if turned else (a, b)
        who, node, cost, c = graph.legs(near, mode, self.layout, closed, leaving=not turned)
        self.near_legs = _by_place(who, node, cost, c, len(near.lon))
        self.far_legs = _by_place(*graph.legs(far, mode, self.layout, closed, leaving=turned), len(far.lon))
        self.nodes = self.layout.nodes + len(near.lon)
        self.matrix = self.layout.matrix(self.layout.nodes + who, node, cost, self.nodes)
        key = self.layout.tail.astype(np.int64) * self.nodes + self.layout.head
        order = np.lexsort((self.layout.cost, key))
        self.key, self.edge = key[order], self.layout.edge[order]
        self.base = np.arange(self.layout.nodes)  # a node in the zone → the node it is
        own = np.flatnonzero(self.layout.within >= 0)
        self.base[self.layout.within[own]] = own

    def way(self, pair: tuple[int, int], cost: Floats, back: NDArray[np.int32]) -> Way | None:
        i, j = pair
        near, far = (j, i) if self.turned else (i, j)
        best, line = self._direct(i, j)
        node, rest, c = self.far_legs[far]
        if len(node):
            total = cost[node] + rest
            k = int(np.argmin(total))
            if total[k] < best:
                return self._read(i, j, near, far, float(total[k]), int(node[k]), int(c[k]), back)
        return line

    def _direct(self, i: int, j: int) -> tuple[float, Way | None]:
        """Along the one edge both lie on, where that may be done."""
        a, b = _only(self.a, i), _only(self.b, j)
        table = self.graph._straight(a, b, self.mode, self.closed, self.inside)
        if not np.isfinite(table[0, 0]):
            return np.inf, None
        same = [(p, q) for p in (0, 1) for q in (0, 1) if a.edge[0, p] == b.edge[0, q] >= 0]
        p, q = min(same, key=lambda s: a.off_m[0, s[0]] + b.off_m[0, s[1]])
        e = int(a.edge[0, p])
        return float(table[0, 0]), self._made(
            i, j, float(table[0, 0]), [self._piece(e, a.along_m[0, p], b.along_m[0, q])], p, q, (e,)
        )

    def _read(self, i: int, j: int, near: int, far: int, cost: float, node: int, c: int, back: NDArray[np.int32]) -> Way:
        chain = [node]
        while back[chain[-1]] < self.layout.nodes:
            chain.append(int(back[chain[-1]]))
        nodes, legs, _c = self.near_legs[near]
        at_root = np.flatnonzero(nodes == chain[-1])
        root_c = int(_c[at_root[np.argmin(legs[at_root])]])
        if not self.turned:
            chain.reverse()
        tail, head = np.array(chain[:-1], dtype=np.int64), np.array(chain[1:], dtype=np.int64)
        arcs = (head * self.nodes + tail) if self.turned else (tail * self.nodes + head)
        edges = self.edge[np.searchsorted(self.key, arcs)] if len(arcs) else np.empty(0, dtype=np.int64)
        walked = [(int(e), int(self.base[t])) for e, t in zip(edges.tolist(), tail.tolist(), strict=True) if e >= 0]
        ca, cb = (c, root_c) if self.turned else (root_c, c)
        net: Network = self.graph.network
        ea, eb = int(self.a.edge[i, ca]), int(self.b.edge[j, cb])
        out, into = int(self.base[chain[0]]), int(self.base[chain[-1]])
        parts = [self._piece(ea, self.a.along_m[i, ca], self._end(ea, out, self.a.along_m[i, ca]))]
        parts += [
            shapely.get_coordinates(net.course[e]) if net.u[e] == t else shapely.get_coordinates(net.course[e])[::-1]
            for e, t in walked
        ]
        parts.append(self._piece(eb, self._end(eb, into, self.b.along_m[j, cb]), self.b.along_m[j, cb]))
        return self._made(i, j, cost, parts, ca, cb, (ea, *(e for e, _ in walked), eb))

    def _end(self, e: int, node: int, along: float) -> float:
        """Metres along an edge at which one of its ends is."""
        net = self.graph.network
        length = float(net.metres[e])
        if net.u[e] == node and net.v[e] == node:
            return 0.0 if along <= length / 2 else length
        return 0.0 if net.u[e] == node else length

    def _piece(self, e: int, begin: float, end: float) -> Floats:
        """Course of a part of an edge, from one length along it to another."""
        ground, length = self.graph.grounds[self.mode], float(self.graph.network.metres[e])
        whole = shapely.get_coordinates(self.graph.network.course[e])
        if {begin, end} == {0.0, length}:
            return whole if begin == 0.0 else whole[::-1]
        flat = ground.flat[np.searchsorted(ground.edges, e)]
        cut = shapely.get_coordinates(substring(flat, begin / length, end / length, normalized=True))
        return cut / np.array([ground.scale * ground.squeeze, ground.scale])

    def _made(self, i: int, j: int, cost: float, parts: list[Floats], ca: int, cb: int, edges: tuple[int, ...]) -> Way:
        a, b = self.a, self.b
        xy = np.concatenate([[[a.lon[i], a.lat[i]]], *parts, [[b.lon[j], b.lat[j]]]]).round(PLACES)
        keep = np.concatenate([[True], (np.diff(xy, axis=0) != 0).any(axis=1)])
        xy = xy[keep] if keep.sum() > 1 else xy[:2]
        return Way(
            shapely.LineString(xy),
            np.floor(cost / UNIT) / 1000,
            np.mod(cost, UNIT) / 10,
            (float(a.off_m[i, ca]), float(b.off_m[j, cb])),
            edges,
        )


def _only(at: Snap, i: int) -> Snap:
    return Snap(at.lon[i : i + 1], at.lat[i : i + 1], at.edge[i : i + 1], at.along_m[i : i + 1], at.off_m[i : i + 1])


def _by_place(who: Ints, node: Ints, cost: Floats, c: Ints, n: int) -> list[tuple[Ints, Floats, Ints]]:
    order = np.argsort(who, kind="stable")
    edges = np.searchsorted(who[order], np.arange(n + 1))
    return [(node[k], cost[k], c[k]) for k in (order[edges[i] : edges[i + 1]] for i in range(n))]
