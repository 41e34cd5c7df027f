"""All districts side by side: as they stand, or as a past day's closing left them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from riskmap.core.grading import explanation
from riskmap.core.grading.district import Computed
from riskmap.flows.card import units
from riskmap.flows.grade import Graded
from riskmap.store import grades
from riskmap.store.query import Conn

COUNTS = ("sources", "levels", "open", "overdue")


def districts(conn: Conn, graded: Graded | None) -> dict[str, Any]:
    """Every district with its current grade, ranks, and the run it comes from."""
    listed, run = grades.districts(conn), grades.last_run(conn)
    places = explanation.ranks(graded.engine.districts(), list(graded.survey.standing.zones)) if graded else [None] * len(listed)
    blank = {"sources": 0, "levels": [0, 0, 0, 0], "open": 0, "overdue": 0}
    out = [_row(row, row, place, blank) for row, place in zip(listed, places, strict=True)]
    told = None
    if run:
        told = {k: run[k] for k in ("id", "as_of", "ended_at", "method", "sources", "cells", "engine_ms")}
    return {"run": told, "as_of": run and run["as_of"], "districts": out}


def closed(conn: Conn, day: dt.date) -> dict[str, Any] | None:
    """Every district as the closing of `day` left it; None when a district has no closing of that day.

    Marked history has grades and no counts: those are null. `demo` tells it. There is no current run: `run` is null.
    """
    listed = grades.districts(conn)
    kept = [grades.closing(conn, row["code"], day) for row in listed]
    states = [one for one in kept if one is not None]
    if not states or len(states) < len(listed):
        return None
    computed = [Computed(s["d_micro"], s["t_micro"], s["computed"], None, s["confidence"], None) for s in states]
    return _past(day, listed, states, computed) | {"demo": any(s["demo"] for s in states)}


def replayed(conn: Conn, past: Graded) -> dict[str, Any]:
    """Every district of a replayed day, in the form of `closed`."""
    return _past(past.as_of, grades.districts(conn), past.states, past.engine.districts()) | {"demo": False}


def _past(day: dt.date, listed: list[dict[str, Any]], states: list[dict[str, Any]], computed: list[Computed]) -> dict[str, Any]:
    places = explanation.ranks(computed, [row["zone"] for row in listed])
    blank = dict.fromkeys(COUNTS)
    out = [_row(row, state, place, blank) for row, state, place in zip(listed, states, places, strict=True)]
    return {"run": None, "as_of": day, "districts": out}


def _row(row: dict[str, Any], state: dict[str, Any], place: dict[str, Any] | None, blank: dict[str, Any]) -> dict[str, Any]:
    """One district: what it is from `row`, its grade from `state`, counts from the state's detail, else as `blank` has them."""
    detail = state["detail"]
    about = {k: row[k] for k in ("code", "name", "name_en", "zone", "population", "area_km2")} | {
        "label": [row["lon"], row["lat"]]
    }
    grade = {"d": units(state["d_micro"]), "t": units(state["t_micro"])} | {
        k: state[k] for k in ("computed", "shown", "confidence")
    }
    ranks = {"rank_city": place and place["city"], "rank_zone": place and place["zone"]}
    counts = {k: detail.get(k, blank[k]) for k in COUNTS}
    said = {"worse": detail.get("worse", False), "override": detail.get("override"), "unassessed": detail.get("unassessed")}
    return about | grade | ranks | counts | said
