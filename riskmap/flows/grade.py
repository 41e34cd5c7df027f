"""Grading as a journey: survey → engine → shown → stored and announced. Full, or only what a change touches.

    graded = full(db, catalogue, now)              # everything; writes what differs from what is stored
    graded = follow(db, catalogue, graded, now)    # what events since then changed; None when a full run is due
    replay(db, catalogue, day, now)                # any past day, nothing written
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from riskmap.catalogue import Catalogue
from riskmap.core.grading.district import Computed
from riskmap.core.grading.engine import Engine
from riskmap.core.grading.shown import Override, Shown, fold
from riskmap.core.grading.state import NOTHING
from riskmap.flows.survey import Survey, beijing_day, end_of, roles, survey
from riskmap.store import grades, journal
from riskmap.store.database import Database
from riskmap.store.grades import Moment
from riskmap.store.query import Conn

MANY = 20_000                                         # changed records beyond which a full run is quicker
INPUTS = ("features.changed", "ledger.changed")
STORED = ("d_micro", "t_micro", "computed", "shown", "confidence", "detail")


@dataclass
class Graded:
    """A city as graded, with what is needed to carry it on."""

    engine: Engine
    survey: Survey
    states: list[dict[str, Any]]                      # of each district, as stored
    run_id: int = 0
    through: int = 0
    seen: list[int] = field(default_factory=list)
    unsaved: np.ndarray = field(default_factory=lambda: NOTHING)   # cells that differ from what is stored

    @property
    def as_of(self) -> dt.date:
        return self.engine.as_of

    def state(self, code: str) -> dict[str, Any]:
        return self.states[self.engine.ground.districts.index(code)]


def full(db: Database, catalogue: Catalogue, now: dt.datetime, before: Graded | None = None) -> Graded:
    """Grade the city as it is now and store what differs. `before` saves reading the ground again and lets less be written."""
    day, started = beijing_day(now), now
    with db.as_engine() as conn:
        read = survey(conn, catalogue, Moment(day), now, before.survey.standing if before else None)
    clock = time.perf_counter()
    engine = Engine.full(read.standing.ground, read.inputs, read.method, day)
    engine_ms = (time.perf_counter() - clock) * 1000
    graded = Graded(engine, read, [], through=read.through, seen=list(read.seen))
    with db.as_engine() as conn:
        grades.lock(conn)
        graded.states = states_of(conn, engine, closing=False)
        known = before is not None and before.engine.ground is engine.ground and not len(before.unsaved)
        if known and before is not None:
            differ = (before.engine.marks != engine.marks).any(axis=1)
            write(conn, graded, "full", np.flatnonzero(differ), started, engine_ms)
        else:
            write(conn, graded, "full", None, started, engine_ms)
    return graded


def follow(db: Database, catalogue: Catalogue, graded: Graded, now: dt.datetime) -> Graded | None:
    """Take in the events since `graded`. None: a full run is due (midnight, another method or dataset, very many changes)."""
    if beijing_day(now) != graded.as_of:
        return None
    with db.as_engine() as conn:
        new = grades.events(conn, graded.through, graded.seen[:grades.WINDOW])
        if not new:
            return graded
        if any(e["kind"] in ("method.changed", "dataset.changed") for e in new):
            return None
        ids = changed_ids(conn, new)
        if ids is None or len(ids) > MANY:
            return None
        by, codes = graded.survey, graded.engine.ground.districts
        records = grades.inputs(conn, roles(catalogue), by.method, by.moment, codes, ids)
        grades.lock(conn)
        # One hold from the change to what is stored of it: a what-if in between would be written down as the city's grades.
        with graded.engine.lock:
            clock = time.perf_counter()
            touched = graded.engine.apply(np.array(ids, dtype=np.int64), records)
            engine_ms = (time.perf_counter() - clock) * 1000
            graded.unsaved = np.union1d(graded.unsaved, np.concatenate([touched.cells, touched.emptied]))
            was = graded.states
            graded.states = states_of(conn, graded.engine, closing=False)
            through = max(graded.through, max(e["id"] for e in new))
            run_id = graded.run_id
            if len(graded.unsaved) or was != graded.states:
                run_id = write(conn, graded, "incremental", graded.unsaved, now, engine_ms, through)
    graded.unsaved, graded.run_id, graded.through = NOTHING, run_id, through
    graded.seen = sorted({*graded.seen, *(e["id"] for e in new)}, reverse=True)[:grades.WINDOW]
    return graded


def replay(db: Database, catalogue: Catalogue, day: dt.date, now: dt.datetime) -> Graded:
    """A past day as its closing saw it: what was recorded by its end, its method, its predecessor. Writes no grade."""
    with db.as_engine() as conn:
        read = survey(conn, catalogue, Moment(day, end_of(day)), now)
        engine = Engine.full(read.standing.ground, read.inputs, read.method, day)
        return Graded(engine, read, states_of(conn, engine, closing=True, until=end_of(day)))


def states_of(conn: Conn, engine: Engine, *, closing: bool, until: dt.datetime | None = None) -> list[dict[str, Any]]:
    """Every district folded onto its last closing, as the tables keep it; `predecessor` is that closing's day."""
    before = grades.closings_before(conn, engine.as_of)
    overrides = grades.overrides(conn, engine.as_of, until)
    out = []
    for code, now in zip(engine.ground.districts, engine.districts(), strict=True):
        last, over = before.get(code), overrides.get(code)
        steady = last["detail"].get("steady", last["shown"]) if last else None
        override = Override(over["shown"], over["reason"], over["expires_on"], over["actor"], over["id"]) if over else None
        shown = fold(now, steady, engine.as_of, closing=closing, override=override)
        out.append(state(code, now, shown, last["closed_on"] if last else None))
    return out


def state(code: str, now: Computed, shown: Shown, predecessor: dt.date | None) -> dict[str, Any]:
    """One district as stored."""
    detail = shown.record() | {
        "rules": list(now.overdue), "fresh_share": now.fresh_share, "caps": list(now.caps), "sources": now.sources,
        "counted": now.counted, "levels": list(now.levels), "open": now.open, "overdue": now.overdue_count}
    return {"code": code, "d_micro": now.d_micro, "t_micro": now.t_micro, "computed": now.grade, "shown": shown.shown,
            "confidence": now.confidence, "detail": detail, "predecessor": predecessor}


def write(conn: Conn, graded: Graded, kind: str, cells: np.ndarray | None, started: dt.datetime, engine_ms: float,
          through: int | None = None) -> int:
    """Store a run and what it changed (`cells` None: whatever differs), and announce it. Nothing differs: nothing is written."""
    engine, last, by = graded.engine, grades.last_run(conn), graded.survey
    digest = engine.digest()
    drawn = engine.cells.hazard > 0
    if last and last["digest"] == digest:              # another process, or an earlier start, has written exactly this
        cells = NOTHING
    stored = {r["code"]: r for r in grades.districts(conn)}
    moved = [s for s in graded.states if stored[s["code"]]["run_id"] is None or any(stored[s["code"]][k] != s[k] for k in STORED)]
    same = last and (last["digest"], last["as_of"], last["method_id"]) == (digest, engine.as_of, by.method_id)
    if last and same and not moved and (cells is None or not len(cells)):
        graded.run_id = last["id"]
        return graded.run_id
    through = graded.through if through is None else through
    counts = len(engine.rows["sources"]), int(drawn.sum())
    graded.run_id = grades.add_run(conn, grades.Run(
        kind, by.method_id, engine.as_of, by.standing.datasets, through, *counts, engine_ms, digest, by.notes, started))
    if cells is None:
        grades.clear_cells(conn)
        cells = np.flatnonzero(drawn)
    has = drawn[cells]
    grades.put_cells(conn, graded.run_id, engine.table(cells[has]), engine.ground.cell[cells[~has]])
    grades.put_districts(conn, graded.run_id, moved)
    told = {"run": graded.run_id, "cells": len(cells), "districts": [s["code"] for s in moved]}
    journal.event(conn, "grades.changed", None, None, told)
    return graded.run_id


def changed_ids(conn: Conn, events: Iterable[dict[str, Any]]) -> list[int] | None:
    """Records that input events speak of, sorted; None when one does not say."""
    ids: set[int] = set()
    for event in events:
        if event["kind"] not in INPUTS:
            continue
        payload = event["payload"]
        if "ids" in payload:
            ids.update(int(i) for i in payload["ids"])
        elif "batch" in payload:
            ids.update(grades.batch_ids(conn, int(payload["batch"])))
        else:
            return None
    return sorted(ids)

