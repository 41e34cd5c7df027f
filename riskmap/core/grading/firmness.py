"""How firm grades and ranks are: the same city under many seeded perturbations of the method (method §9).

Moved, each by a factor of its own drawn evenly from 1 ± perturbation: the four weights, the three parts of the state
multiplier (the steps of general ones together), the half values of hazard and exposure, the floor of exposure, the share of
coping. Not moved: footprints, spacing and travel (geometry), and the borders (policy). Single precision will do here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from riskmap.core.grading import hazard, risk
from riskmap.core.grading.district import grade_of
from riskmap.core.grading.engine import Engine
from riskmap.core.grading.explanation import ranks
from riskmap.core.grading.ground import fade_micro
from riskmap.core.grading.method import MICRO

Floats = NDArray[np.float64]
PIECE = 160                                           # cells at a time: keeps the working set in the cache


@dataclass(frozen=True)
class Firm:
    """Of one district: share of perturbations that keep grade and city rank, and the span of ranks (5th to 95th percentile)."""

    grade: float
    rank: float
    rank_low: int
    rank_high: int
    n: int


def firmness(engine: Engine) -> list[Firm | None]:
    """For each district in the order of ground.districts; None for 未评估. Same engine, same answer.

    Takes seconds; the engine is locked only while what is needed is copied.
    """
    with engine.lock:
        states, material = engine.districts(), Material.of(engine)
    d, t = perturbed(engine, material)
    n = engine.method.perturbations
    base = [r["city"] for r in ranks(states, [""] * len(states))]
    grades = np.array([[grade_of(int(d[i, p] * MICRO), int(t[i, p] * MICRO), engine.method) if s.grade else 9 for p in range(n)]
                       for i, s in enumerate(states)])
    place = np.argsort(np.argsort(grades * 1000.0 - d, axis=0, kind="stable"), axis=0, kind="stable") + 1
    out: list[Firm | None] = []
    for i, s in enumerate(states):
        if s.grade is None:
            out.append(None)
            continue
        low, high = np.percentile(place[i], [5, 95], method="nearest")
        out.append(Firm(float((grades[i] == s.grade).mean()), float((place[i] == base[i]).mean()), int(low), int(high), n))
    return out


@dataclass(frozen=True, eq=False)
class Material:
    """What the perturbations start from, one position a city cell; `parts` as from _parts."""

    parts: NDArray[np.float32]
    hazard: NDArray[np.int64]
    density: NDArray[np.float32]                      # people per km²
    coping: NDArray[np.float32]                       # k

    @classmethod
    def of(cls, engine: Engine) -> Material:
        everywhere = np.arange(len(engine.ground.cell))
        density = (engine.exposed(everywhere) * 1000.0 / engine.ground.area_m2).astype(np.float32)
        return cls(_parts(engine), engine.cells.hazard.copy(), density, risk.coping_part(engine.cells.coping).astype(np.float32))


def perturbed(engine: Engine, material: Material) -> tuple[Floats, Floats]:
    """D (units) and T (0..1) of every district under every perturbation, shape (districts, n)."""
    m, g = engine.method, engine.ground
    rng = np.random.default_rng(m.seed)
    factor = rng.uniform(1 - m.perturbation, 1 + m.perturbation, (11, m.perturbations))
    weight = np.array(m.weights, dtype=np.float64)[:, None] * factor[:4]
    state = np.stack([np.ones(m.perturbations), m.state_major * factor[4], m.state_overdue * factor[5], factor[6]])
    coefficient = (weight[:, None, :] * state[None, :, :]).reshape(16, -1)
    half, e_half = m.hazard_half * factor[7], m.exposure_half_km2 * factor[8]
    floor, share = np.minimum(1.0, m.exposure_floor * factor[9]), np.minimum(1.0, m.coping_share * factor[10])
    d = np.zeros((len(g.districts), m.perturbations))
    t = np.zeros_like(d)
    f = np.float32
    low_half, low_e, low_gap, low_share, low_coefficient = (
        v.astype(f) for v in (half, e_half, (1 - floor) * e_half, 100 * share, coefficient))
    for district in range(len(g.districts)):
        span = g.district_fragments(district)
        cells, people = g.fragment_cell[span], g.fragment_residents[span]
        lives = (people > 0) & (material.hazard[cells] > 0)
        cells, people = cells[lives], people[lives]
        for low in range(0, len(cells), PIECE):
            at, lived = cells[low:low + PIECE], people[low:low + PIECE].astype(f)
            # ρ = 100 · h · (1 − (1 − floor) · half / (density + half)) · (1 − share · k), in place
            h = material.parts[at] @ low_coefficient
            e = material.density[at][:, None] + low_e
            np.divide(low_gap, e, out=e)
            np.subtract(1, e, out=e)
            e *= h
            h += low_half
            e /= h
            k = np.multiply.outer(material.coping[at], low_share)
            np.subtract(100, k, out=k)
            e *= k
            d[district] += lived @ e
            t[district] += lived @ (e >= m.cell_borders[0])
    total = np.maximum(np.array(g.district_residents, dtype=np.float64), 1.0)[:, None]
    return d / total, t / total


def _parts(engine: Engine) -> NDArray[np.float32]:
    """For each city cell Σ f by level × (1, major, overdue, general part): H is linear in these 16."""
    rows = np.flatnonzero(engine.rows["sources"].mask & (engine.weighed.mass[:len(engine.rows["sources"].mask)] > 0))
    sources = engine.rows["sources"].take(rows)
    link = hazard.links(sources)                      # ledgers as the engine counts them: a linked hazard's among its sources'
    ledger = {n: getattr(sources, n).astype(np.int64) for n in ("major", "overdue", "general")}
    child = np.flatnonzero(link >= 0)
    for column in ledger.values():
        column[child] += column[link[child]]
    m = engine.method
    general = np.minimum(m.state_general_cap, m.state_general_step * ledger["general"])
    feature = np.stack([np.ones(len(rows)), ledger["major"] > 0, ledger["overdue"] > 0, general], axis=1)
    level = engine.weighed.level[rows].astype(np.int64) - 1
    wide = np.zeros((len(rows), 16))
    wide[np.arange(len(rows))[:, None], level[:, None] * 4 + np.arange(4)] = feature
    reach = engine.weighed.reach_m[rows]
    order = np.lexsort((reach, sources.cell))
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (np.diff(sources.cell[order]) != 0) | (np.diff(reach[order]) != 0)
    first = order[new]
    grouped = np.add.reduceat(wide[order], np.flatnonzero(new), axis=0) if len(rows) else wide
    which, at, metres = engine.ground.around(sources.cell[first], reach[first])
    fade = fade_micro(metres, reach[first][which]) / MICRO
    shape = (len(engine.ground.cell), len(first))
    spread = csr_matrix((fade, (at, which)), shape=shape) @ grouped
    return np.asarray(spread).astype(np.float32)
