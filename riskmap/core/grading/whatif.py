"""What if: recomputed grades without writing anything (method §9)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from riskmap.core.grading.district import Computed
from riskmap.core.grading.engine import Engine
from riskmap.core.grading.inputs import Inputs, Sources
from riskmap.errors import BadInput


@dataclass(frozen=True)
class Closed:
    """Open hidden dangers of one source that are taken as closed, counted."""

    major: int = 0
    general: int = 0
    overdue: int = 0
    overdue_major: int = 0


@dataclass(frozen=True)
class Trial:
    """Sources taken as retired, and hidden dangers taken as closed by source id."""

    retire: frozenset[int] = frozenset()
    close: dict[int, Closed] = field(default_factory=dict)


def change(engine: Engine, trial: Trial) -> tuple[np.ndarray, Inputs]:
    """The (ids, inputs) that say this trial to the engine. Ids it does not hold are refused: BadInput."""
    book = engine.rows["sources"]
    ids = np.array(sorted(set(trial.close) | trial.retire), dtype=np.int64)
    rows = book.find(ids)
    unknown = [int(i) for i, r in zip(ids, rows, strict=True) if r < 0 or not book.mask[r]]
    if unknown:
        raise BadInput(f"不是在册的风险源: {unknown[:5]} (not a source in force)", where="retire/rectify",
                       remedy="刷新后重选 refresh and choose again")
    stays = np.array([int(i) not in trial.retire for i in ids], dtype=bool)
    now: Sources = book.take(rows[stays])
    columns = {n: getattr(now, n).copy() for n in ("major", "general", "overdue", "overdue_major")}
    for k, i in enumerate(now.id.tolist()):
        closed = trial.close.get(i)
        if closed:
            for name, column in columns.items():
                column[k] = max(0, int(column[k]) - getattr(closed, name))
    return ids, Inputs(sources=now.changed(**columns))


def whatif(engine: Engine, trial: Trial) -> tuple[list[Computed], list[Computed]]:
    """Every district before and after; the engine is left as it was, to the bit."""
    with engine.lock:
        return engine.trial(*change(engine, trial))
