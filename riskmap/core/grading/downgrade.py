"""降级清单: what would bring a district to the next better grade, greedy by recomputed Δ, and called so (method §9)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskmap.core.grading import contribution
from riskmap.core.grading.contribution import Target
from riskmap.core.grading.district import Computed
from riskmap.core.grading.engine import Engine
from riskmap.core.grading.inputs import Inputs
from riskmap.core.grading.method import MICRO
from riskmap.core.grading.whatif import Closed, Trial, change

Border = tuple[float, float]
LONGEST = 80                                          # items a list may have: beyond it the way is not by single sources
CANDIDATES = 300                                      # sources looked at, by ΔD and by ΔT each


@dataclass(frozen=True)
class Step:
    """One item: close the open hidden dangers of a source, or take the source out of service."""

    id: int
    action: str                                       # rectify, retire
    level: int
    d: float                                          # D after this step
    t: float
    delta_d: float
    delta_t: float


@dataclass(frozen=True)
class Downgrade:
    """`steps` in order; `reached`: the aim holds after them; `overdue`: sources whose overdue 隐患 are to be closed first."""

    aim: int | None                                   # computed grade to be reached
    reached: bool
    overdue: tuple[int, ...]
    steps: tuple[Step, ...]
    before: Computed
    after: Computed


def downgrade(engine: Engine, district: int, *, margin: bool = True, longest: int = LONGEST) -> Downgrade:
    """A list for one district: closing what is overdue, then closing hidden dangers, then sources, always the largest Δ next.

    margin: aim below the border by the method's fall margin, which is what the shown grade needs. The engine is left as it was.
    """
    with engine.lock:
        start = engine.districts()[district]
        if start.grade is None or start.grade == 4:
            return Downgrade(None, True, _overdue(engine, district) if start.grade else (), (), start, start)
        m, aim = engine.method, start.grade + 1
        keep = 1 - m.fall_margin if margin else 1.0
        border = m.d_borders[start.grade - 1] * keep, m.t_borders[start.grade - 1] * keep
        return _search(engine, district, start, aim, border, longest)


def _search(engine: Engine, district: int, start: Computed, aim: int, border: Border, longest: int) -> Downgrade:
    taken_back: list[tuple[np.ndarray, Inputs]] = []
    overdue = _overdue(engine, district)
    steps: list[Step] = []
    offers = _Offers(engine, district)
    try:
        now = start
        while len(steps) < longest and not _below(now, border):
            best = offers.best(border, now)
            if best is None:
                break
            source, action, level = best
            taken_back.append(_apply(engine, source, action))
            after = engine.districts()[district]
            if after.d_micro is None:                 # its last source: nothing is left to assess
                break
            steps.append(_step(source, action, level, now, after))
            now = after
        return Downgrade(aim, _below(now, border), overdue, tuple(steps), start, now)
    finally:
        for ids, old in reversed(taken_back):
            engine.tried(ids, old)


class _Offers:
    """Sources of the district that could be dealt with: the CANDIDATES with the largest ΔD and ΔT, reach and pairs found once."""

    def __init__(self, engine: Engine, district: int) -> None:
        self.engine, self.target = engine, Target.district(engine, district)
        everything = contribution.reach(engine, self.target)
        d, t = contribution.left_without(engine, self.target, everything, everything.mass)
        own = everything.sources.district == district
        first = np.union1d(np.argsort(np.where(own, d, 0), kind="stable")[:CANDIDATES],
                           np.argsort(np.where(own, t, 0), kind="stable")[:CANDIDATES])
        self.reached = everything.take(first[own[first]])
        clean = contribution.rectified_mass(engine, self.reached)
        ledger = self.reached.sources.major + self.reached.sources.general
        self.left = {"rectify": np.where(ledger > 0, self.reached.mass - clean, 0), "retire": self.reached.mass.copy()}

    def best(self, border: Border, now: Computed) -> tuple[int, str, int] | None:
        """The item that brings D and T nearest to their borders; closing hidden dangers goes before taking a source away."""
        for action in ("rectify", "retire"):
            taken = self.left[action]
            d, t = contribution.left_without(self.engine, self.target, self.reached, taken)
            gain = np.zeros(len(d))
            for delta, limit, value in ((d, border[0], now.d_micro), (t, border[1], now.t_micro)):
                over = (value or 0) / MICRO - limit
                if over > 0:
                    gain += np.minimum(-delta, over) / limit
            gain = np.where(taken > 0, gain, 0.0)
            if len(gain) and gain.max() > 1e-6:
                i = int(np.lexsort((self.reached.sources.id, -gain))[0])
                self.left["rectify"][i] = 0
                self.left["retire"][i] = 0 if action == "retire" else self.left["retire"][i] - taken[i]
                return int(self.reached.sources.id[i]), action, int(self.reached.level[i])
        return None


def _apply(engine: Engine, source: int, action: str) -> tuple[np.ndarray, Inputs]:
    """Do it; gives what undoes it."""
    book = engine.rows["sources"]
    old = book.take(book.find(np.array([source])))
    ledger = (int(getattr(old, n)[0]) for n in ("major", "general", "overdue", "overdue_major"))
    trial = Trial(frozenset({source})) if action == "retire" else Trial(close={source: Closed(*ledger)})
    engine.tried(*change(engine, trial))
    return np.array([source]), Inputs(sources=old)


def _step(source: int, action: str, level: int, before: Computed, after: Computed) -> Step:
    d, t = (after.d_micro or 0) / MICRO, (after.t_micro or 0) / MICRO
    return Step(source, action, level, d, t, d - (before.d_micro or 0) / MICRO, t - (before.t_micro or 0) / MICRO)


def _below(now: Computed, border: tuple[float, float]) -> bool:
    return (now.d_micro or 0) < border[0] * MICRO and (now.t_micro or 0) < border[1] * MICRO


def _overdue(engine: Engine, district: int) -> tuple[int, ...]:
    """Sources with overdue hidden dangers, when those make the shown grade worse: 重大 first, then by weight."""
    if not engine.districts()[district].overdue:
        return ()
    book = engine.rows["sources"]
    rows = np.flatnonzero(book.mask & (book.column("district") == district) & (book.column("overdue") > 0))
    order = np.lexsort((book.column("id")[rows], -engine.weighed.mass[rows], -book.column("overdue_major")[rows]))
    return tuple(book.column("id")[rows[order]][:LONGEST].tolist())
