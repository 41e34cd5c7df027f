"""What grades stand on: cells, their centres, fragments, districts and residents. Made once a data version, never changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from riskmap.core import cell as h3cell
from riskmap.core.coordinates import EARTH_RADIUS_M
from riskmap.core.grading import people
from riskmap.errors import BadInput

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
NEAR_M = 831.0                                        # neighbours up to here are worked out once: every usual footprint and spacing
NEAREST = 40                                          # of them there are about 31 over Beijing
MANY, FEW, PIECE = 500, 8, 1_000_000                  # points that share a reach; reaches kept; pairs measured at a time
TOO_MANY_MILLI = 2**49                                # milli-persons; below it every sum of residents · ρ fits 64 bits


def sphere(cells: Ints) -> Floats:
    """Centres of cells as unit vectors, shape (n, 3)."""
    lon, lat = h3cell.center(cells)
    lam, phi = np.radians(lon), np.radians(lat)
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=1)


def distance_m(a: Floats, b: Floats) -> Floats:
    """Great-circle metres between unit vectors, rows against rows, good below 100 km.

    By the chord c: 2R·asin(c/2) in three terms, which is exact to the last digit here and uses only operations that IEEE 754
    rounds alike whatever the length of the array, so that one change and a full run give the same bits.
    """
    x, y, z = a[..., 0] - b[..., 0], a[..., 1] - b[..., 1], a[..., 2] - b[..., 2]
    return arc_m(np.sqrt(x * x + y * y + z * z) * 0.5)


def arc_m(half: Floats) -> Floats:
    """Metres of the arc over half a unit chord."""
    square = half * half
    return (2 * EARTH_RADIUS_M) * (half * (1.0 + square * (1 / 6 + square * 0.075)))


def fade_micro(metres: Floats, reach_m: Floats | float) -> Ints:
    """f = max(0, 1 − d / reach) in 1e-6 (method §3)."""
    return np.rint(np.maximum(0.0, 1.0 - metres / reach_m) * 1_000_000).astype(np.int64)


def chord(reach_m: Floats | float) -> Floats | float:
    """Unit chord of a great-circle distance, a hair longer, so that a search by chord misses nothing."""
    return 2 * np.sin(np.asarray(reach_m) / (2 * EARTH_RADIUS_M)) * (1 + 1e-9) + 1e-13


@dataclass(frozen=True, eq=False)
class Ground:
    """Sorted cells of the city and the fragments (district × cell) on them.

    fragment_* run parallel, sorted by (district, cell); fragment_district −1 is the part outside the city (000000).
    """

    districts: tuple[str, ...]
    cell: Ints                                        # sorted, unique
    fragment_cell: Ints                               # position in `cell`
    fragment_district: NDArray[np.int16]
    fragment_area_m2: Floats
    fragment_residents: Ints                          # milli-persons
    by_area: frozenset[int] = frozenset()             # districts whose residents were shared by area
    area_m2: Floats = field(default_factory=lambda: np.empty(0))
    _faded: dict[float, csr_array] = field(default_factory=dict, repr=False)

    @classmethod
    def build(cls, districts: list[str], census: list[int], cell: Ints, district: list[str] | NDArray[np.str_], area_m2: Floats,
              grid_milli: Ints | None = None) -> Ground:
        """From fragments in any order. `district` holds codes ("000000" outside), `grid_milli` a population per fragment."""
        codes = tuple(sorted(districts))
        rank = {code: i for i, code in enumerate(codes)}
        people_of = dict(zip(districts, census, strict=True))
        names, back = np.unique(np.asarray(district), return_inverse=True)
        index = np.array([rank.get(str(n), -1) for n in names], dtype=np.int16)[back]
        cell, area_m2 = np.asarray(cell, dtype=np.int64), np.asarray(area_m2, dtype=np.float64)
        order = np.lexsort((cell, index))
        index, cell, area_m2 = index[order], cell[order], area_m2[order]
        if len(cell) > 1 and ((np.diff(cell) == 0) & (np.diff(index) == 0)).any():
            raise BadInput("同一区的网格碎片重复 (a fragment stands twice)", where="fragment")
        grid = None if grid_milli is None else np.where(index >= 0, np.asarray(grid_milli, dtype=np.int64)[order], 0)
        milli, by_area = people.residents(index, area_m2, [people_of[c] for c in codes], grid)
        if int(milli.sum(dtype=object)) >= TOO_MANY_MILLI:
            raise BadInput("人口总数太大 (too many residents for exact arithmetic)", where="residents")
        unique, at = np.unique(cell, return_inverse=True)
        return cls(codes, unique, at.astype(np.int64), index, area_m2, milli, frozenset(by_area), h3cell.area_m2(unique))

    @cached_property
    def xyz(self) -> Floats:
        return sphere(self.cell)

    @cached_property
    def tree(self) -> cKDTree:
        return cKDTree(self.xyz, balanced_tree=False, compact_nodes=False)

    @cached_property
    def residents(self) -> Ints:
        """Milli-persons of each cell: by definition the sum of its fragments."""
        out = np.zeros(len(self.cell), dtype=np.int64)
        np.add.at(out, self.fragment_cell, self.fragment_residents)
        return out

    @cached_property
    def district_residents(self) -> list[int]:
        out = np.zeros(len(self.districts), dtype=np.int64)
        inside = self.fragment_district >= 0
        np.add.at(out, self.fragment_district[inside], self.fragment_residents[inside])
        return [int(v) for v in out]

    @cached_property
    def cell_fragments(self) -> tuple[Ints, Ints]:
        """(order, edges): fragments of cell i are order[edges[i]:edges[i + 1]]."""
        order = np.argsort(self.fragment_cell, kind="stable")
        return order, np.searchsorted(self.fragment_cell[order], np.arange(len(self.cell) + 1))

    def fragments_of(self, cells: Ints) -> Ints:
        """Fragments that lie in these cells (positions), grouped by cell."""
        order, edges = self.cell_fragments
        return order[spans(edges[cells], edges[cells + 1])]

    def district_fragments(self, district: int) -> slice:
        low, high = np.searchsorted(self.fragment_district, [district, district + 1])
        return slice(int(low), int(high))

    def at(self, cells: Ints) -> Ints:
        """Position of each cell; −1 for one that no fragment lies in."""
        if not len(self.cell):
            return np.full(len(cells), -1, dtype=np.int64)
        found = np.minimum(np.searchsorted(self.cell, cells), len(self.cell) - 1)
        return np.where(self.cell[found] == cells, found, -1)

    def points(self, cells: Ints) -> Floats:
        """Centres of any cells as unit vectors; those of the city come from `xyz`, so they are the same bits everywhere."""
        at = self.at(cells)
        out = np.empty((len(cells), 3))
        known = at >= 0
        out[known] = self.xyz[at[known]]
        if not known.all():
            out[~known] = sphere(cells[~known])
        return out

    def around(self, cells: Ints, reach_m: Floats) -> tuple[Ints, Ints, Floats]:
        """(which, at, metres): city cells `at` whose centre lies nearer than reach_m[which] to the centre of cells[which].

        Pairs come in no particular order: whoever sums over them sums integers.
        """
        reach_m = np.asarray(reach_m, dtype=np.float64)
        place = self.at(cells)
        short = (place >= 0) & (reach_m <= NEAR_M) & (len(self.cell) > 0)
        pieces = [self._near(np.flatnonzero(short), place, reach_m), self._far(np.flatnonzero(~short), cells, reach_m)]
        w, a, m = (np.concatenate([p[k] for p in pieces]) for k in range(3))
        return w, a, m

    @cached_property
    def neighbours(self) -> tuple[Ints, NDArray[np.int32], Floats]:
        """(edges, at, metres) of all city cells nearer than NEAR_M, each cell's own run edges[i]:edges[i + 1] nearest first."""
        counts, at, metres, k = [np.empty(0, np.int64)], [np.empty(0, np.int32)], [np.empty(0)], min(NEAREST, len(self.cell))
        low = 0
        while low < len(self.cell):
            points = self.xyz[low:low + PIECE // NEAREST]
            far, found = self.tree.query(points, k=k, distance_upper_bound=float(chord(NEAR_M)), workers=-1)
            far, found = far.reshape(len(points), k), found.reshape(len(points), k)
            within = np.isfinite(far)
            if within[:, -1].any() and k < len(self.cell):
                k = min(2 * k, len(self.cell))         # smaller cells than usual: look again for more of them
                continue
            counts.append(within.sum(axis=1))
            at.append(found[within].astype(np.int32))
            metres.append(arc_m(far[within] * 0.5))
            low += len(points)
        return np.concatenate([[0], np.cumsum(np.concatenate(counts))]), np.concatenate(at), np.concatenate(metres)

    def faded(self, reach_m: float) -> csr_array:
        """f of every pair of neighbours for one reach, cells × cells, in 1e-6; kept, as a method has a handful of reaches."""
        if reach_m not in self._faded:
            edges, near, metres = self.neighbours
            f = fade_micro(metres, reach_m)
            keep = f > 0
            rows = np.concatenate([[0], np.cumsum(keep)])[edges]
            while len(self._faded) >= FEW:
                self._faded.pop(next(iter(self._faded)))
            self._faded[reach_m] = csr_array((f[keep], near[keep], rows), shape=(len(self.cell), len(self.cell)))
        return self._faded[reach_m]

    def _near(self, rows: Ints, place: Ints, reach_m: Floats) -> tuple[Ints, Ints, Floats]:
        """Pairs of these rows out of the neighbours worked out beforehand."""
        if not len(rows):
            return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
        edges, near, metres = self.neighbours
        low, high = edges[place[rows]], edges[place[rows] + 1]
        pick = spans(low, high)
        which = np.repeat(rows, high - low)
        m = metres[pick]
        inside = m < reach_m[which]
        if inside.all():
            return which, near[pick].astype(np.int64), m
        return which[inside], near[pick[inside]].astype(np.int64), m[inside]

    def _far(self, rows: Ints, cells: Ints, reach_m: Floats) -> tuple[Ints, Ints, Floats]:
        """Pairs of these rows by search: long reaches, and places outside the city."""
        if not len(rows) or not len(self.cell):
            return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
        points = self.points(cells[rows])
        reach = reach_m[rows]
        which, at = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        values, index, counts = np.unique(reach, return_inverse=True, return_counts=True)
        for k in np.flatnonzero(counts >= MANY):      # reaches that many share: one walk of both trees
            some = np.flatnonzero(index == k)
            w, a = self._walk(points[some], values[k])
            which.append(some[w])
            at.append(a)
        some = np.flatnonzero(counts[index] < MANY)   # the others one by one
        if len(some):
            found = self.tree.query_ball_point(points[some], chord(reach[some]))
            sizes = np.fromiter((len(f) for f in found), dtype=np.int64, count=len(found))
            which.append(np.repeat(some, sizes))
            at.append(np.fromiter((i for f in found for i in f), dtype=np.int64, count=int(sizes.sum())))
        w, a = np.concatenate(which), np.concatenate(at)
        m = np.empty(len(w))
        for low in range(0, len(w), PIECE):           # bounds the memory of the distances
            piece = slice(low, low + PIECE)
            m[piece] = distance_m(points[w[piece]], self.xyz[a[piece]])
        inside = m < reach[w]
        return rows[w[inside]], a[inside], m[inside]

    def _walk(self, points: Floats, reach_m: float) -> tuple[Ints, Ints]:
        pairs = cKDTree(points, balanced_tree=False, compact_nodes=False).sparse_distance_matrix(
            self.tree, float(chord(reach_m)), output_type="ndarray")
        return pairs["i"].astype(np.int64), pairs["j"].astype(np.int64)


def spans(low: Ints, high: Ints) -> Ints:
    """Positions low[0]..high[0], low[1]..high[1], … one after another."""
    counts = np.asarray(high) - np.asarray(low)
    if not len(counts) or not counts.sum():
        return np.empty(0, dtype=np.int64)
    starts = np.cumsum(counts) - counts
    return np.arange(int(counts.sum())) - np.repeat(starts - low, counts)
