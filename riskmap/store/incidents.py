"""Incidents: what is on record of them, their log, the plans kept, what they hold; and what a plan looks at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from psycopg import errors as pg

from riskmap.errors import Conflict
from riskmap.store.query import Conn, jsonb, row, rows, run

LAST = 2**62


def add(conn: Conn, *, lon: float, lat: float, now: dt.datetime, **said: Any) -> dict[str, Any]:
    """id, code and district of a new incident; `said`: address, feature_id, happened_at, reported_at, exercise."""
    found = row(conn, "incidents_add", lon=lon, lat=lat, now=now, **said)
    assert found is not None
    return found


def log(
    conn: Conn,
    id: int,
    move: str,
    *,
    person: str,
    now: dt.datetime,
    facts: dict[str, Any] | None = None,
    note: str | None = None,
    seq: int | None = None,
    happened_at: dt.datetime | None = None,
) -> int:
    """Append to the log; returns the incident's version. Raises Conflict where it moved on, or does not move so."""
    try:
        found = row(
            conn,
            "incidents_log_add",
            incident_id=id,
            seq=seq,
            move=move,
            note=note,
            person=person,
            facts=jsonb(facts or {"title": "", "kind": ""}),
            happened_at=happened_at or now,
            now=now,
        )
    except pg.UniqueViolation as error:
        raise Conflict(
            "事件已被他人更新 / the incident was changed meanwhile", where=str(id), remedy="刷新后再试 / reload and try again"
        ) from error
    except pg.RestrictViolation as error:
        raise Conflict(
            "现在的状态不能这样做 / not in the state it is in",
            where=str(error.diag.message_primary),
            remedy="刷新后再试 / reload and try again",
        ) from error
    assert found is not None
    return found["seq"]


def one(conn: Conn, id: int) -> dict[str, Any] | None:
    return row(conn, "incidents_one", id=id)


def page(conn: Conn, *, state: str | None = None, before: int = LAST, size: int = 100) -> list[dict[str, Any]]:
    return rows(conn, "incidents_page", state=state, before=before, size=size)


def history(conn: Conn, id: int, size: int = 500) -> list[dict[str, Any]]:
    """The log, newest first."""
    return rows(conn, "incidents_log", id=id, size=size)


def keep_plan(
    conn: Conn,
    id: int,
    inputs: Any,
    assumptions: Any,
    outcome: Any,
    hash: str,
    touches: Sequence[int],
    person: str,
    now: dt.datetime,
) -> dict[str, Any]:
    """id and number of the plan."""
    found = row(
        conn,
        "incidents_plan_add",
        incident_id=id,
        inputs=jsonb(inputs),
        assumptions=jsonb(assumptions),
        outcome=jsonb(outcome),
        hash=hash,
        touches=list(touches),
        person=person,
        now=now,
    )
    assert found is not None
    return found


def plan(conn: Conn, id: int, number: int | None = None) -> dict[str, Any] | None:
    """A plan of the incident, the last one without a number."""
    return row(conn, "incidents_plan", id=id, number=number)


def reserve(conn: Conn, **said: Any) -> int:
    """Hold places or stock; returns the reservation. Raises Conflict where others hold them already."""
    try:
        found = row(conn, "incidents_reserve", **said)
    except pg.CheckViolation as error:
        if error.diag.constraint_name != "reservation_room":
            raise
        raise Conflict(
            "余位或库存已被别的事件占用 / others hold them already",
            where=str(error.diag.message_primary),
            remedy="重新研判后再占用 / make the plan anew, then reserve",
        ) from error
    assert found is not None
    return found["id"]


def reservations(conn: Conn, id: int) -> list[dict[str, Any]]:
    return rows(conn, "incidents_reservations", id=id)


def turn_reservations(conn: Conn, id: int, state: str, ids: Sequence[int] | None = None) -> int:
    """Confirm or release; returns how many."""
    return run(conn, "incidents_reservations_turn", id=id, ids=None if ids is None else list(ids), state=state)


def reserved(conn: Conn, beside: int | None = None) -> dict[tuple[int, str, str], Any]:
    """(feature, kind, supply code) → what all incidents but `beside` hold."""
    return {
        (r["feature_id"], r["kind"], r["supply_code"]): r["quantity"] for r in rows(conn, "incidents_reserved", beside=beside)
    }


def places(conn: Conn, layers: Sequence[str], box: tuple[float, float, float, float] | None = None) -> list[dict[str, Any]]:
    """Records in force of `layers`, in the box (west, south, east, north) or all."""
    west, south, east, north = box or (None, None, None, None)
    return rows(conn, "incidents_places", layers=list(layers), west=west, south=south, east=east, north=north)


def stock(conn: Conn, codes: Sequence[str]) -> list[dict[str, Any]]:
    """Lots of these kinds, with the minimum of their kind in their depot."""
    return rows(conn, "incidents_stock", codes=list(codes))


def place(conn: Conn, id: int) -> list[dict[str, Any]]:
    """Where a record in force stands; empty where it is absent or not the reader's."""
    return rows(conn, "incidents_place", id=id)


def hazards_of(conn: Conn, id: int, layers: Sequence[str]) -> list[int]:
    """Major hazards at the plant of a record."""
    return [r["id"] for r in rows(conn, "incidents_hazards_of", id=id, layers=list(layers))]


def occupied(conn: Conn) -> dict[int, int]:
    """Shelter → people counted in it in the opening that lasts; one that nobody counted is not in it."""
    return {r["feature_id"]: r["people"] for r in rows(conn, "incidents_occupied")}
