"""What a source weighs and how it spreads over cells (method §1, §3), in integers.

mass = w · m in 1e-6; a pair adds mass · f with f in 1e-6, so H comes in 1e-12 and is kept as two 64-bit sums
(high: mass // 1e6 · f in 1e-6, low: mass % 1e6 · f in 1e-12) that neither overflow nor depend on order.

Counted once: a risk source linked to a major hazard takes the worse level, the larger footprint and both ledgers of hidden
dangers; the major hazard itself counts only while no source linked to it stands in its own cell. So a source that is added
always brings at least what it takes away, wherever its point stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskmap.core.grading.ground import FEW, MANY, NEAR_M, Ground, fade_micro
from riskmap.core.grading.inputs import Sources
from riskmap.core.grading.method import MICRO, Method
from riskmap.errors import BadInput

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
MASS_LIMIT = 2**62


@dataclass(frozen=True, eq=False)
class Weighed:
    """What each source brings, one position a source. `counted` is False where a linked source stands for it."""

    level: NDArray[np.int8]                           # effective, 1..4
    counted: NDArray[np.bool_]
    mass: Ints                                        # w · m in 1e-6; 0 where not counted
    reach_m: Floats                                   # footprint + spacing

    def take(self, at: Ints) -> Weighed:
        return Weighed(self.level[at], self.counted[at], self.mass[at], self.reach_m[at])

    def join(self, other: Weighed) -> Weighed:
        return Weighed(*(np.concatenate(p) for p in ((self.level, other.level), (self.counted, other.counted),
                                                      (self.mass, other.mass), (self.reach_m, other.reach_m))))


def links(sources: Sources) -> Ints:
    """Position of the major hazard each risk source is linked to; −1 where there is none among them."""
    hazards = np.flatnonzero(sources.is_hazard)
    out = np.full(len(sources), -1, dtype=np.int64)
    asked = np.flatnonzero((sources.hazard_id >= 0) & ~sources.is_hazard)
    if not len(hazards) or not len(asked):
        return out
    order = hazards[np.argsort(sources.id[hazards], kind="stable")]
    ids = sources.id[order]
    found = np.minimum(np.searchsorted(ids, sources.hazard_id[asked]), len(ids) - 1)
    hit = ids[found] == sources.hazard_id[asked]
    out[asked[hit]] = order[found[hit]]
    return out


def own_radius_m(sources: Sources, method: Method) -> Floats:
    """Footprint of each record by itself: the modelled radius, else the accident's and for a major hazard at least its own."""
    plain = np.where(sources.is_hazard, np.maximum(sources.footprint_m, method.footprint_hazard_m), sources.footprint_m)
    radius = np.where(np.isnan(sources.modelled_m), plain, sources.modelled_m)
    return np.minimum(np.maximum(radius, 0.0), method.footprint_max_m)


def state_micro(major: Ints, overdue: Ints, general: Ints, method: Method) -> Ints:
    """m in 1e-6 from counts of open hidden dangers."""
    step, cap = _micro(method.state_general_step), _micro(method.state_general_cap)
    few = np.minimum(np.asarray(general, dtype=np.int64), 1_000_000)
    flags = _micro(method.state_major) * (np.asarray(major) > 0) + _micro(method.state_overdue) * (np.asarray(overdue) > 0)
    return MICRO + flags + np.minimum(cap, step * few)


def weigh(sources: Sources, method: Method, link: Ints | None = None) -> Weighed:
    """Effective level, multiplier and reach of every source; `link` as from `links` (computed when not given)."""
    link = links(sources) if link is None else link
    level = sources.level.astype(np.int64)
    radius = own_radius_m(sources, method)
    major, general, overdue = (c.astype(np.int64) for c in (sources.major, sources.general, sources.overdue))
    child = np.flatnonzero(link >= 0)
    parent = link[child]
    counted = np.ones(len(sources), dtype=bool)
    if len(child):
        counted[parent[sources.cell[child] == sources.cell[parent]]] = False
        level[child] = np.minimum(level[child], sources.level[parent])
        radius[child] = np.maximum(radius[child], radius[parent])
        for ledger in (major, general, overdue):
            ledger[child] = ledger[child] + ledger[parent]
    weights = np.array((0, *method.weights), dtype=np.int64)
    mass = np.where(counted, weights[level] * state_micro(major, overdue, general, method), 0)
    return Weighed(level.astype(np.int8), counted, mass, radius + method.spacing_m)


def guard(mass: Ints) -> None:
    """Refuse a city whose hazard would not fit: Σ mass stays below 2^62, hence every product and sum below 2^63."""
    total = int(np.sum(mass // MICRO)) * MICRO + int(np.sum(mass % MICRO)) if len(mass) else 0
    if total >= MASS_LIMIT or (len(mass) and int(mass.min()) < 0):
        raise too_heavy()


def too_heavy() -> BadInput:
    title = "风险源总权重超出可精确计算的范围 (total weight beyond exact arithmetic)"
    return BadInput(title, where="weights", remedy="减小方法中的权重 use smaller weights in the method")


def pour(ground: Ground, cells: Ints, at: Ints, reach_m: Floats, mass: Ints) -> tuple[Ints, Ints, Ints]:
    """As `spread`, for any number of sources; `at` is the position of each cell in the city, −1 outside.

    Many sources of one usual reach go over the whole city at once, as a product of the matrix of f with the masses by cell: the same
    integers, summed in another order.
    """
    keep = mass != 0
    cells, at, reach_m, mass = cells[keep], at[keep], reach_m[keep], mass[keep]
    if len(mass) < len(ground.cell) // 8:
        return spread(ground, cells, reach_m, mass)
    values, kind = _kinds(reach_m)
    counts = np.bincount(kind[at >= 0], minlength=len(values))
    usual = [k for k in np.argsort(-counts, kind="stable")[:FEW].tolist() if values[k] <= NEAR_M and counts[k] >= MANY]
    rest = (at < 0) | ~np.isin(kind, usual)
    touched, high, low = spread(ground, cells[rest], reach_m[rest], mass[rest])
    up, down = np.zeros(len(ground.cell), dtype=np.int64), np.zeros(len(ground.cell), dtype=np.int64)
    np.add.at(up, touched, high)
    np.add.at(down, touched, low)
    for k in usual:
        some = ~rest & (kind == k)
        here = np.zeros(len(ground.cell), dtype=np.int64)
        np.add.at(here, at[some], mass[some])
        faded = ground.faded(float(values[k]))
        whole, part = np.divmod(here, MICRO)
        up += faded @ whole
        down += faded @ part
    return np.arange(len(ground.cell)), up, down


def _kinds(values: Floats) -> tuple[Floats, Ints]:
    """Distinct values and which one each is; quick where there are few."""
    distinct = np.unique(values)
    return distinct, np.searchsorted(distinct, values)


def spread(ground: Ground, cells: Ints, reach_m: Floats, mass: Ints) -> tuple[Ints, Ints, Ints]:
    """(at, high, low): what the sources add to H, by city cell (sorted positions, each once). `mass` may be negative."""
    which, at, metres = ground.around(cells, reach_m)
    f = fade_micro(metres, reach_m[which])
    near = f > 0
    which, at, f = which[near], at[near], f[near]
    high, low = np.divmod(mass, MICRO)
    if len(at) > len(ground.cell) // 8:
        touched = np.arange(len(ground.cell))
        back = at
    else:
        touched, back = np.unique(at, return_inverse=True)
    up, down = np.zeros(len(touched), dtype=np.int64), np.zeros(len(touched), dtype=np.int64)
    np.add.at(up, back, high[which] * f)
    np.add.at(down, back, low[which] * f)
    return touched, up, down


def hazard_micro(high: Ints, low: Ints) -> Ints:
    """H in 1e-6, half to even, from the two sums."""
    whole, rest = np.divmod(low, MICRO)
    base = high + whole
    up = (rest > MICRO // 2) | ((rest == MICRO // 2) & (base % 2 == 1))
    return base + up


def _micro(value: float) -> int:
    return round(value * MICRO)
