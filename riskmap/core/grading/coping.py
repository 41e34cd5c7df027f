"""Coping capacity of a cell (method §3): shelter, rescue and reserve, each 0..1 in 1e-9, unknown = 0.

A place stands in its cell: distances run between cell centres, as they do for hazard.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from riskmap.core.grading.ground import Ground, chord, distance_m
from riskmap.core.grading.method import Method

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
NANO = 1_000_000_000
FAR_M = 1e9


def catchment_milli(ground: Ground, cells: Ints, method: Method) -> Ints:
    """Residents (milli-persons) of the cells whose centre lies within the catchment of each cell's centre."""
    which, at, _ = ground.around(cells, np.full(len(cells), method.catchment_m))
    out = np.zeros(len(cells), dtype=np.int64)
    np.add.at(out, which, ground.residents[at])
    return out


def ratio_nano(capacity: Ints, closed: NDArray[np.bool_], catchment: Ints) -> Ints:
    """Places per resident of each shelter in 1e-9, rounded down and capped at 1; 0 where closed or unknown.

    Nobody in its catchment: 1, it has room for whoever comes.
    """
    places = np.where(closed | (capacity < 0), 0, capacity)
    scaled = np.minimum(places, 2**31) * 1000         # milli-places
    safe = np.maximum(catchment, 1)
    enough = scaled >= safe
    # below 1: scaled < catchment < 2^53, so the product is taken in two exact steps of 1e6 and 1e3
    part = np.where(enough, 0, scaled)
    high, rest = np.divmod(part * 1000, safe)
    more, rest = np.divmod(rest * 1000, safe)
    last, _ = np.divmod(rest * 1000, safe)
    return np.where(places == 0, 0, np.where(enough, NANO, high * 1_000_000 + more * 1000 + last))


def shelter_sum(ground: Ground, cells: Ints, ratio: Ints, method: Method) -> tuple[Ints, Ints]:
    """(at, sum): what shelters standing in `cells` add to the sum of ratios of city cells; `ratio` may be negative."""
    which, at, _ = ground.around(cells, np.full(len(cells), method.catchment_m))
    if len(at) > len(ground.cell) // 8:
        out = np.zeros(len(ground.cell), dtype=np.int64)
        np.add.at(out, at, ratio[which])
        return np.arange(len(ground.cell)), out
    touched, back = np.unique(at, return_inverse=True)
    out = np.zeros(len(touched), dtype=np.int64)
    np.add.at(out, back, ratio[which])
    return touched, out


def nearest_m(ground: Ground, at: Ints, posts: Ints, reach_m: float) -> Floats:
    """Metres from each city cell `at` to the nearest of the cells `posts`; FAR_M when none is nearer than reach_m.

    The search offers the two nearest, and our own distance decides, so that the same posts give the same bits always.
    """
    out = np.full(len(at), FAR_M)
    where = np.unique(posts)
    if not len(where) or not len(at):
        return out
    points = ground.points(where)
    k = min(2, len(where))
    bound = float(chord(reach_m))
    workers = -1 if len(at) > 10_000 else 1
    _, near = cKDTree(points).query(ground.xyz[at], k=k, distance_upper_bound=bound, workers=workers)
    near = near.reshape(len(at), k)
    for j in range(k):
        found = near[:, j] < len(where)
        out[found] = np.minimum(out[found], distance_m(ground.xyz[at[found]], points[near[found, j]]))
    return np.where(out < reach_m, out, FAR_M)


def travel_nano(metres: Floats, method: Method) -> Ints:
    """1 up to travel_full_min, 0 from travel_none_min, linear between, in 1e-9."""
    minutes = metres * method.detour / 1000 / method.speed_kmh * 60
    part = (method.travel_none_min - minutes) / (method.travel_none_min - method.travel_full_min)
    return np.rint(np.clip(part, 0.0, 1.0) * NANO).astype(np.int64)


def within(ground: Ground, cells: Ints, reach_m: float) -> Ints:
    """City cells (positions) within reach of any of these cells, sorted."""
    _, at, _ = ground.around(cells, np.full(len(cells), reach_m))
    return np.unique(at)


def total_nano(shelter: Ints, rescue: Ints, reserve: Ints) -> Ints:
    """3k in 1e-9: the three parts, shelter capped at 1."""
    return np.minimum(shelter, NANO) + rescue + reserve

