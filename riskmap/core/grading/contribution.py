"""Who makes a district's D: every source's share and what would be left without it. Shares add up to D."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskmap.core.grading import hazard, risk
from riskmap.core.grading.engine import Engine
from riskmap.core.grading.ground import chord, fade_micro, spans
from riskmap.core.grading.inputs import Sources
from riskmap.core.grading.method import MICRO

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reach:
    """Sources that reach a set of city cells, and the pairs: source `which` (position in `sources`), cell `at`, f in 1e-6."""

    rows: Ints                                        # rows of the engine's register
    sources: Sources
    mass: Ints
    level: NDArray[np.int8]
    which: Ints
    at: Ints
    fade: Ints

    def take(self, some: Ints) -> Reach:
        """Only these sources, with their pairs."""
        position = np.full(len(self.rows), -1, dtype=np.int64)
        position[some] = np.arange(len(some))
        keep = position[self.which] >= 0
        return Reach(self.rows[some], self.sources.take(some), self.mass[some], self.level[some], position[self.which[keep]],
                     self.at[keep], self.fade[keep])


@dataclass(frozen=True, eq=False)
class Target:
    """City cells with the residents (milli-persons) that are asked about: a district, or one cell."""

    at: Ints
    people: Ints

    @classmethod
    def district(cls, engine: Engine, district: int) -> Target:
        part = engine.ground.district_fragments(district)
        return cls(engine.ground.fragment_cell[part], engine.ground.fragment_residents[part])

    @classmethod
    def cell(cls, engine: Engine, at: int) -> Target:
        """One cell, all its residents; one milli-person where nobody lives, so that its ρ can be shared out."""
        return cls(np.array([at]), np.maximum(engine.ground.residents[[at]], 1))


def reach(engine: Engine, target: Target) -> Reach:
    """Every counted source that gives hazard to a cell of the target with people and H in it."""
    ground, book = engine.ground, engine.rows["sources"]
    lives = (target.people > 0) & (engine.cells.hazard[target.at] > 0)
    wanted = np.unique(target.at[lives])
    size = len(book.mask)
    mass, reach_m = engine.weighed.mass[:size], engine.weighed.reach_m[:size]
    rows = np.flatnonzero(book.mask & (mass > 0))
    if not len(wanted) or not len(rows):
        none = np.empty(0, dtype=np.int64)
        return Reach(none, Sources(), none, np.empty(0, np.int8), none, none, none)
    points = ground.points(book.column("cell")[rows])
    margin = np.asarray(chord(reach_m[rows]))[:, None]
    box = ground.xyz[wanted]
    near = ((points >= box.min(axis=0) - margin) & (points <= box.max(axis=0) + margin)).all(axis=1)
    rows = rows[near]
    cell, radius = book.column("cell")[rows], reach_m[rows]
    order = np.lexsort((radius, cell))                # sources of one cell and reach share their pairs
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (np.diff(cell[order]) != 0) | (np.diff(radius[order]) != 0)
    group = np.empty(len(rows), dtype=np.int64)
    group[order] = np.cumsum(new) - 1
    first = order[new]
    which, at, metres = ground.around(cell[first], radius[first])
    fade = fade_micro(metres, radius[first][which])
    inside = np.zeros(len(ground.cell), dtype=bool)
    inside[wanted] = True
    keep = (fade > 0) & inside[at]
    which, at, fade = which[keep], at[keep], fade[keep]
    order = np.argsort(which, kind="stable")          # pairs by group, then one copy for each source of the group
    edges = np.searchsorted(which[order], np.arange(len(first) + 1))
    low, high = edges[group], edges[group + 1]
    pick = order[spans(low, high)]
    source = np.repeat(np.arange(len(rows)), high - low)
    return Reach(rows, book.take(rows), mass[rows], engine.weighed.level[rows], source, at[pick], fade[pick])


def weight_of(engine: Engine, target: Target) -> Floats:
    """Residents of the target by city cell, as a dense column."""
    out = np.zeros(len(engine.ground.cell))
    np.add.at(out, target.at, target.people.astype(np.float64))
    return out


def shares(engine: Engine, target: Target, reached: Reach) -> Floats:
    """What each source gives to D of the target, in units of D: Σ residents · ρ · (w m f / H) / Σ residents."""
    people = weight_of(engine, target)
    c = engine.cells
    whole = c.high[reached.at].astype(np.float64) * MICRO + c.low[reached.at]
    part = reached.mass[reached.which].astype(np.float64) * reached.fade / whole
    given = people[reached.at] * (c.risk[reached.at] / MICRO) * part
    total = float(target.people.sum())
    return np.bincount(reached.which, weights=given, minlength=len(reached.rows)) / (total or 1.0)


def left_without(engine: Engine, target: Target, reached: Reach, taken: Ints) -> tuple[Floats, Floats]:
    """(ΔD, ΔT) for each source, were `taken` (≤ its mass, 1e-6) of its mass gone and all else as it is; both ≤ 0.

    taken == mass also lifts the floor that a Ⅰ source puts under its own cell.
    """
    people = weight_of(engine, target)
    c, m, at = engine.cells, engine.method, reached.at
    lost = taken[reached.which]
    high, low = np.divmod(lost, MICRO)
    left = hazard.hazard_micro(c.high[at] - high * reached.fade, c.low[at] - low * reached.fade)
    h = risk.hazard_part(left, m)
    e = risk.exposure_part(engine.exposed(at), engine.ground.area_m2[at], m)
    rho = risk.risk_micro(h, e, risk.coping_part(c.coping[at]), m)
    home = engine.ground.at(reached.sources.cell)[reached.which] == at
    gone = (lost == reached.mass[reached.which]) & (reached.level[reached.which] == 1) & home
    level = risk.cell_level(rho, c.worst[at] - gone, m)
    total = float(target.people.sum()) or 1.0
    d = np.bincount(reached.which, weights=people[at] * (rho - c.risk[at]) / MICRO, minlength=len(reached.rows)) / total
    freed = np.where((c.level[at] == 1) & (level > 1), people[at], 0.0)
    return d, -np.bincount(reached.which, weights=freed, minlength=len(reached.rows)) / total


def rectified_mass(engine: Engine, reached: Reach) -> Ints:
    """Mass of each source with every open hidden danger of its own and of its hazard closed."""
    weights = np.array((0, *engine.method.weights), dtype=np.int64)
    return weights[reached.level.astype(np.int64)] * MICRO
