"""A road network: nodes, edges between them with their course, and in what pieces it hangs together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
PIECES = 5  # of the pieces that hang apart, so many are told with their place


@dataclass(frozen=True)
class Network:
    """Nodes 0..n−1 and edges, parallel. `direction`: 1 from u to v only, −1 from v to u only, 0 both. `drive_kmh` 0: not driven."""

    lon: Floats
    lat: Floats
    u: Ints
    v: Ints
    direction: NDArray[np.int8]
    drive_kmh: Floats
    walk: NDArray[np.bool_]
    metres: Floats
    kind: NDArray[np.str_]
    name: NDArray[np.str_]
    course: NDArray[np.object_]  # LineStrings from u to v, WGS 84 degrees

    def __len__(self) -> int:
        return len(self.u)

    def arcs(self, mode: str) -> tuple[Ints, Ints, Ints]:
        """(tail, head, edge) of every way an edge may be taken. People on foot mind no one-way sign."""
        if mode == "walk":
            with_it = against = np.flatnonzero(self.walk)
        else:
            driven = self.drive_kmh > 0
            with_it, against = np.flatnonzero(driven & (self.direction >= 0)), np.flatnonzero(driven & (self.direction <= 0))
        tail = np.concatenate([self.u[with_it], self.v[against]])
        head = np.concatenate([self.v[with_it], self.u[against]])
        return tail, head, np.concatenate([with_it, against])

    def pieces(self, mode: str) -> NDArray[np.int32]:
        """Number of the piece each node is in, within which everywhere is reached from everywhere; −1: no road of this mode."""
        tail, head, _ = self.arcs(mode)
        n = len(self.lon)
        links = csr_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(n, n))
        _, piece = connected_components(links, directed=True, connection="strong")
        used = np.zeros(n, dtype=bool)
        used[tail] = used[head] = True
        return np.where(used, piece, -1).astype(np.int32)

    def largest(self, mode: str) -> NDArray[np.bool_]:
        """Whether each node is in the largest piece."""
        piece = self.pieces(mode)
        return piece == np.bincount(piece[piece >= 0]).argmax() if (piece >= 0).any() else piece >= 0


def told(network: Network, mode: str) -> dict[str, Any]:
    """How the network hangs together: {nodes, pieces, largest, share, others: [{nodes, metres, lon, lat}]}, the largest of the others first."""
    piece = network.pieces(mode)
    on = piece >= 0
    total = int(on.sum())
    if not total:
        return {"nodes": 0, "pieces": 0, "largest": 0, "share": None, "others": []}
    sizes = np.bincount(piece[on])
    order = [int(i) for i in np.argsort(-sizes, kind="stable") if sizes[i]]
    metres = np.zeros(len(sizes))
    mine = (piece[network.u] == piece[network.v]) & (piece[network.u] >= 0)
    np.add.at(metres, piece[network.u[mine]], network.metres[mine])
    others = []
    for i in order[1 : 1 + PIECES]:
        at = piece == i
        others.append({"nodes": int(sizes[i]), "metres": round(float(metres[i])),
                       "lon": round(float(network.lon[at].mean()), 5), "lat": round(float(network.lat[at].mean()), 5)})  # fmt: skip
    return {
        "nodes": total,
        "pieces": len(order),
        "largest": int(sizes[order[0]]),
        "share": round(float(sizes[order[0]] / total), 4),
        "others": others,
    }


def box(network: Network) -> tuple[float, float, float, float]:
    """West, south, east, north."""
    w, s, e, n = shapely.total_bounds(network.course)
    return float(w), float(s), float(e), float(n)
