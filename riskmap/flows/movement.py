"""今日较上次关账: what moved a district's D since its last closing, source by source; the parts add up to ΔD."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from riskmap.core.grading import contribution
from riskmap.core.grading.contribution import Target
from riskmap.core.grading.engine import Engine
from riskmap.flows.card import index
from riskmap.flows.grade import Graded
from riskmap.store import grades
from riskmap.store.query import Conn

LISTED = 20
LEAST = 1e-12  # units of D: below it a share has not moved


def last_closing(conn: Conn, graded: Graded, code: str) -> dt.date | None:
    """Day of the closing the district stands on, None where there is none or it is marked history, which has no records.

    NotFound for a code that is no district.
    """
    day = graded.states[index(graded.engine, code)]["predecessor"]
    kept = grades.closing(conn, code, day) if day else None
    return day if kept and not kept["demo"] else None


def since(conn: Conn, graded: Graded, past: Graded | None, code: str) -> dict[str, Any]:
    """ΔD of a district from `past` (its last closing, replayed) to `graded`, as the change of each source's share of D.

    A share also moves by residents, coping and neighbours in the same cell: what is told is what moved, not whose doing it was.
    → {district, since, as_of, d, d_before, delta_d, contributors: [{id, name, kind, share_d, share_before, delta}], rest: {count, delta}}
    """
    body: dict[str, Any] = {"district": code, "since": past and past.as_of, "as_of": graded.as_of}
    if past is None:
        return body | {"d": None, "d_before": None, "delta_d": None, "contributors": [], "rest": None}
    before, after = (_shares(one.engine, code) for one in (past, graded))
    moved = {i: after.get(i, 0.0) - before.get(i, 0.0) for i in before.keys() | after.keys()}
    order = sorted((i for i, delta in moved.items() if abs(delta) > LEAST), key=lambda i: (-abs(moved[i]), i))
    rows = [
        {"id": i, "kind": _kind(i, before, after), "share_d": after.get(i), "share_before": before.get(i), "delta": moved[i]}
        for i in order
    ]
    rest = rows[LISTED:]
    d, was = sum(after.values()), sum(before.values())
    named = grades.names(conn, [r["id"] for r in rows[:LISTED]])
    shown = [r | named[r["id"]] for r in rows[:LISTED] if r["id"] in named]  # what the reader may not see stands in the rest
    hidden = rest + [r for r in rows[:LISTED] if r["id"] not in named]
    left = {"count": len(hidden), "delta": sum(r["delta"] for r in hidden)}
    return body | {"d": d, "d_before": was, "delta_d": d - was, "contributors": shown, "rest": left}


def _shares(engine: Engine, code: str) -> dict[int, float]:
    """Source → what it gives to D of the district, in units of D."""
    with engine.lock:
        target = Target.district(engine, index(engine, code))
        reached = contribution.reach(engine, target)
        return dict(
            zip(reached.sources.id.tolist(), np.asarray(contribution.shares(engine, target, reached)).tolist(), strict=True)
        )


def _kind(i: int, before: dict[int, float], after: dict[int, float]) -> str:
    return "new" if i not in before else "gone" if i not in after else "changed"
