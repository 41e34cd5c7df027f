"""What a change would do to the grades: districts before and after, recomputed by the engine; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from riskmap.core.grading.district import Computed
from riskmap.core.grading.method import MICRO
from riskmap.core.grading.shown import fold
from riskmap.flows.grade import Graded


def compared(graded: Graded, d: int, before: Sequence[Computed], after: Sequence[Computed]) -> dict[str, Any]:
    """District number `d` before and after, and the others that would move. Grades are folded onto the last closing as shown ones are."""
    codes, steady = graded.engine.ground.districts, graded.states[d]["detail"].get("steady")
    out: dict[str, Any] = {"district": codes[d], "as_of": graded.as_of}
    for name, state in (("before", before[d]), ("after", after[d])):
        shown = fold(state, steady, graded.as_of, closing=name == "after")
        out[name] = {
            "d": units(state.d_micro),
            "t": units(state.t_micro),
            "computed": state.grade,
            "shown": shown.shown,
            "worse": shown.worse,
            "confidence": state.confidence,
            "rules": [r["rule"] for r in state.overdue],
        }
    out["also"] = [{"code": codes[i], "delta_d": units((after[i].d_micro or 0) - (before[i].d_micro or 0))}
                   for i in moved(before, after) if i != d]  # fmt: skip
    return out


def moved(before: Sequence[Computed], after: Sequence[Computed]) -> list[int]:
    """Numbers of the districts whose D or T differs."""
    return [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if (a.d_micro, a.t_micro) != (b.d_micro, b.t_micro)]


def units(micro: int | None) -> float | None:
    return None if micro is None else micro / MICRO
