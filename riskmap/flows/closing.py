"""The daily closing: the grades of a day as recorded by its end, written once and never again; the only time a grade may fall."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from riskmap.catalogue import Catalogue
from riskmap.core.grading.difference import Day, difference
from riskmap.core.grading.engine import Engine
from riskmap.errors import BadInput, NotFound
from riskmap.flows.grade import Graded, states_of
from riskmap.flows.survey import BEIJING, Standing, end_of, roles, survey
from riskmap.flows.trial import units
from riskmap.store import grades, journal
from riskmap.store.database import Database
from riskmap.store.grades import Moment
from riskmap.store.query import Conn

LONGEST = 31                                          # days made up for after a long rest; older ones stay without a closing


def due(db: Database, now: dt.datetime, close_at: dt.time) -> list[dt.date]:
    """Days that want a closing, oldest first: through yesterday, and before `close_at` in Beijing through the day before it."""
    local = now.astimezone(BEIJING)
    last = local.date() - dt.timedelta(days=1 if local.time() >= close_at else 2)
    with db.as_engine(write=False) as conn:
        first = grades.closings_missing(conn)
    if first is None:
        return []
    days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    return days[-LONGEST:]


def close(db: Database, catalogue: Catalogue, day: dt.date, now: dt.datetime, have: Standing | None = None) -> Graded:
    """Close a day. A second closing of the same day changes nothing."""
    with db.as_engine() as conn:
        grades.lock(conn)
        read = survey(conn, catalogue, Moment(day, end_of(day)), now, have)
        clock = time.perf_counter()
        engine = Engine.full(read.standing.ground, read.inputs, read.method, day)
        engine_ms = (time.perf_counter() - clock) * 1000
        graded = Graded(engine, read, states_of(conn, engine, closing=True, until=end_of(day)))
        explain(conn, catalogue, graded, now)
        datasets, counts = read.standing.datasets, (len(engine.rows["sources"]), len(engine.drawn()))
        graded.run_id = grades.add_run(conn, grades.Run(
            "closing", read.method_id, day, datasets, read.through, *counts, engine_ms, engine.digest(), read.notes, now))
        if grades.put_closing(conn, graded.run_id, day, graded.states):
            journal.event(conn, "grades.closed", None, None, {"day": day.isoformat(), "run": graded.run_id})
        return graded


def explain(conn: Conn, catalogue: Catalogue, graded: Graded, now: dt.datetime) -> None:
    """Put into each state what moved D since the closing before, by cause; nothing where that was marked history or there is none."""
    before = grades.closings_before(conn, graded.as_of)
    last = max((c["closed_on"] for c in before.values() if not c["demo"]), default=None)
    if last is None:
        return
    until = end_of(last)
    was = survey(conn, catalogue, Moment(last, until), now, graded.survey.standing)
    lapsed = grades.inputs(conn, roles(catalogue), was.method, Moment(graded.as_of, until), was.standing.ground.districts)
    a = Day(was.standing.ground, was.inputs, was.method, last)
    b = Day(graded.engine.ground, graded.survey.inputs, graded.survey.method, graded.as_of)
    for state, part in zip(graded.states, difference(a, b, lapsed), strict=True):
        state["detail"]["changes"] = {cause: round(value, 9) for cause, value in part.items()}


def catch_up(db: Database, catalogue: Catalogue, now: dt.datetime, close_at: dt.time,
             have: Standing | None = None) -> list[dt.date]:
    """Make every closing that is due; the days closed."""
    days = due(db, now, close_at)
    for day in days:
        have = close(db, catalogue, day, now, have).survey.standing
    return days



def between(db: Database, catalogue: Catalogue, first: dt.date, last: dt.date, now: dt.datetime) -> list[dict[str, Any]]:
    """What moved each district's D from the closing of one day to that of a later one, by cause; the parts add up to ΔD.

    → [{code, name, d_before, d, shown_before, shown, parts: {cause: ΔD}, total}]. Both days are replayed; nothing is written.
    Raises BadInput for days in the wrong order or to come, NotFound for a day without a closing or whose closing is marked history.
    """
    if not first < last:
        raise BadInput("起始日须早于截止日 / the first day must come before the last", where="since", remedy=f"{first} < {last}")
    with db.as_engine(write=False) as conn:
        listed = grades.districts(conn)
        kept = {day: [_kept(conn, one["code"], day) for one in listed] for day in (first, last)}
        was = survey(conn, catalogue, Moment(first, end_of(first)), now)
        then = survey(conn, catalogue, Moment(last, end_of(last)), now, was.standing)
        lapsed = grades.inputs(conn, roles(catalogue), was.method, Moment(last, end_of(first)), was.standing.ground.districts)
    parts = difference(Day(was.standing.ground, was.inputs, was.method, first), Day(then.standing.ground, then.inputs, then.method, last), lapsed)
    order = {code: i for i, code in enumerate(was.standing.ground.districts)}
    out = []
    for one, a, b in zip(listed, kept[first], kept[last], strict=True):
        part = parts[order[one["code"]]]
        d = {"d_before": units(a["d_micro"]), "d": units(b["d_micro"])}
        out.append({"code": one["code"], "name": one["name"], **d, "shown_before": a["shown"], "shown": b["shown"],
                    "parts": {k: v for k, v in part.items() if k != "total"}, "total": part["total"]})  # fmt: skip
    return out


def _kept(conn: Conn, code: str, day: dt.date) -> dict[str, Any]:
    found = grades.closing(conn, code, day)
    if found is None or found["demo"]:
        why = "是演示历史，背后没有记录 / is marked history without records under it" if found else "没有关账 / has no closing"
        raise NotFound(f"{day} {why}", where=str(day), remedy="选有真实关账的日子 / choose a day that was closed")
    return found

