"""Cells of resolution 5 to 9 as they are drawn: coarser ones by the district rule over their children (method §3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskmap.core import cell as h3cell
from riskmap.core.grading.district import SPLIT
from riskmap.core.grading.engine import Engine
from riskmap.core.grading.method import MICRO
from riskmap.core.grading.risk import borders_micro

Ints = NDArray[np.int64]
COARSEST = 5


@dataclass(frozen=True, eq=False)
class Drawn:
    """Columns of drawn cells, sorted by cell. `worst` is the level of the worst child, for the corner mark."""

    cell: Ints
    risk: Ints                                        # ρ, or D of the children, in 1e-6
    level: NDArray[np.int8]
    count: Ints                                       # sources standing in it
    worst: NDArray[np.int8]


def drawn(engine: Engine, resolution: int) -> Drawn:
    """Every cell of a resolution with hazard in it."""
    c = engine.cells
    has = c.hazard > 0
    if resolution == h3cell.RESOLUTION:
        return Drawn(engine.ground.cell[has], c.risk[has], c.level[has], c.sources[has], c.level[has])
    parents = h3cell.parent(engine.ground.cell, resolution)
    first = np.flatnonzero(np.concatenate([[True], parents[1:] != parents[:-1]])) if len(parents) else np.empty(0, np.int64)
    if not len(first):
        none = np.empty(0, np.int64)
        return Drawn(none, none, none.astype(np.int8), none, none.astype(np.int8))
    add = lambda v: np.add.reduceat(v.astype(np.int64), first)  # noqa: E731  children of one parent stand together: cells are sorted
    people = engine.ground.residents
    area = np.rint(engine.ground.area_m2).astype(np.int64)
    lived = np.repeat(add(people) > 0, np.diff(np.append(first, len(parents))))
    weight = np.where(lived, people, area)            # nobody lives in it: by area
    whole = add(weight)
    high, low = np.divmod(c.risk, SPLIT)
    d = _quotient(add(weight * high), add(weight * low), whole)
    t = _quotient(np.zeros(len(first), np.int64), add(np.where(c.level == 1, weight, 0)) * MICRO, whole)
    level = np.full(len(first), 4, dtype=np.int8)
    borders = zip(borders_micro(engine.method.d_borders).tolist(), borders_micro(engine.method.t_borders).tolist(), strict=True)
    for grade, (border_d, border_t) in reversed(list(enumerate(borders, 1))):
        level[(d >= border_d) | (t >= border_t)] = grade
    worst = np.minimum.reduceat(np.where(has, c.level, 5), first).astype(np.int8)
    keep = worst < 5
    return Drawn(parents[first][keep], d[keep], level[keep], add(c.sources)[keep], worst[keep])


def _quotient(high: Ints, low: Ints, whole: Ints) -> Ints:
    """(high · SPLIT + low) // whole, exact: the remainder of the high part is carried into the low one."""
    whole = np.maximum(whole, 1)
    q, r = np.divmod(high, whole)
    carry = r * SPLIT + low                           # r < whole < 2^49, SPLIT < 2^14
    return q * SPLIT + carry // whole
