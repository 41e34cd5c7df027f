"""The shown grade (现状): a fold of computed grades over daily closings (method §5, §10).

Order: computed → one level worse for what is overdue → hysteresis → 未评估 → override. The hysteresis is about D and T: it
keeps `steady`, the computed grade as it has risen and fallen so far, and the overdue level lies on top of it. So a grade that
was worse only because of overdue 隐患 is restored at the next run, as §5 says, and one that fell by D and T waits for a closing.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from riskmap.core.grading.district import Computed


@dataclass(frozen=True)
class Override:
    """An officer's decision on what is shown."""

    shown: int
    reason: str
    expires_on: dt.date
    actor: str = ""
    id: int | None = None

    def holds(self, as_of: dt.date) -> bool:
        return as_of <= self.expires_on


@dataclass(frozen=True)
class Shown:
    """What is shown of a district, and every step that led there."""

    shown: int | None                                 # 现状; None 未评估
    steady: int | None                                # computed after hysteresis; what the next fold starts from
    worse: bool                                       # one level worse for overdue 隐患
    held: bool                                        # kept above the computed grade by hysteresis
    unassessed: str | None                            # no_source, or unsure (C and Ⅳ)
    override: Override | None = None

    def record(self) -> dict[str, Any]:
        """For the `detail` of a grade or closing."""
        o = self.override
        return {"steady": self.steady, "worse": self.worse, "held": self.held, "unassessed": self.unassessed,
                "override": None if o is None else {"id": o.id, "shown": o.shown, "reason": o.reason, "actor": o.actor,
                                                    "expires_on": o.expires_on.isoformat()}}


def fold(now: Computed, previous: int | None, as_of: dt.date, *, closing: bool, override: Override | None = None) -> Shown:
    """Fold one computed state onto the `steady` grade of the last closing (None: there was none, or it was 未评估).

    closing: a daily closing, the only time a grade may fall; it may fall several levels, to what the lowered borders give.
    """
    held_by = override if override is not None and override.holds(as_of) else None
    if now.grade is None:
        return Shown(held_by.shown if held_by else None, None, False, False, "no_source", held_by)
    steady = now.grade
    if previous is not None and previous < now.grade:
        assert now.fall_grade is not None
        steady = max(previous, now.fall_grade) if closing else previous
    worse = bool(now.overdue)
    level: int | None = max(1, steady - 1) if worse else steady
    unassessed = "unsure" if level == 4 and now.confidence == "C" else None
    if unassessed:
        level = None
    return Shown(held_by.shown if held_by else level, steady, worse, steady < now.grade, unassessed, held_by)
