"""What moved D between two days, split by cause so that the parts add up to ΔD exactly (method §6).

The causes are taken in one after the other, in the order of CAUSES, and each is given what it moved at its turn; another order
would share joint effects differently, the sum would be the same.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import numpy as np

from riskmap.core.grading.engine import Engine
from riskmap.core.grading.ground import Ground
from riskmap.core.grading.inputs import Inputs, Sources
from riskmap.core.grading.method import MICRO, Method

CAUSES = ("lapse", "retired", "new", "changed", "dangers", "coping", "residents", "method")
LEDGER = ("major", "general", "overdue", "overdue_major")


@dataclasses.dataclass(frozen=True)
class Day:
    """One end of the comparison."""

    ground: Ground
    inputs: Inputs
    method: Method
    as_of: dt.date


def difference(a: Day, b: Day, lapsed: Inputs) -> list[dict[str, Any]]:
    """For each district {cause: ΔD in units of D …, "total"}; D of a district not assessed counts as 0.

    lapsed: the records of `a` with what is overdue judged on the day of `b`: what the passing of time alone does.
    """
    engine = Engine.full(a.ground, a.inputs, a.method, a.as_of)
    before = exact(engine)
    first = before
    parts: list[dict[str, Any]] = [{} for _ in before]

    def take(cause: str, now: list[float]) -> None:
        nonlocal before
        for part, x, y in zip(parts, before, now, strict=True):
            part[cause] = y - x
        before = now

    for cause, ids, rows in _changes(a.inputs, b.inputs, lapsed):
        engine.apply(ids, rows)
        take(cause, exact(engine))
    engine = Engine.full(b.ground, b.inputs, a.method, b.as_of)
    take("residents", exact(engine))
    take("method", exact(Engine.full(b.ground, b.inputs, b.method, b.as_of)))
    for part, x, y in zip(parts, first, before, strict=True):
        part["total"] = y - x
    return parts


def exact(engine: Engine) -> list[float]:
    """D of every district in units of D, unrounded."""
    return [engine.sums.risk(d) / people / MICRO if people else 0.0 for d, people in enumerate(engine.ground.district_residents)]


def _changes(a: Inputs, b: Inputs, lapsed: Inputs) -> Any:
    """(cause, ids, rows) that lead from the records of a to those of b, occupants with the residents at the end."""
    none = np.empty(0, dtype=np.int64)
    yield "lapse", none, Inputs(sources=lapsed.sources)
    old, new = lapsed.sources, b.sources
    yield "retired", old.id[~np.isin(old.id, new.id)], Inputs()
    yield "new", none, Inputs(sources=new.take(~np.isin(new.id, old.id)))
    both = new.take(np.isin(new.id, old.id))
    at = np.argsort(old.id)
    was: Sources = old.take(at[np.searchsorted(old.id[at], both.id)])
    yield "changed", none, Inputs(sources=both.changed(**{n: getattr(was, n) for n in LEDGER}))
    yield "dangers", none, Inputs(sources=both)
    gone = [getattr(a, k).id[~np.isin(getattr(a, k).id, getattr(b, k).id)] for k in ("shelters", "teams", "depots")]
    yield "coping", np.concatenate(gone), Inputs(shelters=b.shelters, teams=b.teams, depots=b.depots)
