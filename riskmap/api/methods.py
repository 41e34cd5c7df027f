"""The grading method over HTTP: every method, a draft, its trial beside the one in force, approval by a second person; two closings compared."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from riskmap.api.deps import Json, actor, database, desk, now, once, reading, today
from riskmap.flows import closing, method
from riskmap.store import grades
from riskmap.store.query import Conn

router = APIRouter(prefix="/api", tags=["method"])
Id = Annotated[int, Path(ge=1, lt=2**31)]
SHORT = ("id", "name", "state", "drafted_by", "approved_by", "in_force_from", "created_at")


class Draft(BaseModel):
    """A method: the one in force with some parameters changed."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]+$")]
    changes: Annotated[dict[str, Any], Field(max_length=60)]


class Start(BaseModel):
    """The day from which it is in force, in Beijing; today or later."""

    model_config = ConfigDict(extra="forbid")

    day: Annotated[dt.date, Field(ge=dt.date(2020, 1, 1), le=dt.date(2100, 1, 1))]


@router.get("/methods")
def methods(request: Request) -> Json:
    """Every method, newest first, with where it stands today: draft, due, in_force, ended, discarded."""
    with reading(request) as conn:
        return Json([{k: m[k] for k in SHORT} | {"standing": method.standing_of(m, today())} for m in grades.methods(conn)])


@router.post("/methods", status_code=201)
def draft(request: Request, sent: Draft) -> Json:
    """Draft a method. 422 names the parameter that cannot be."""

    def act(conn: Conn) -> tuple[int, Any]:
        return 201, {"id": method.draft(conn, sent.name.strip(), sent.changes, actor(request))}

    return once(request, sent.model_dump(), act)


@router.get("/methods/{id}")
def one(request: Request, id: Id) -> Json:
    """A method with its parameters, each with unit and reason, and what differs from the one in force."""
    with reading(request) as conn:
        found = method.opened(conn, str(id), today())
    told = {k: found[k] for k in (*SHORT, "against", "differs")}
    return Json(told | {"parameters": found["record"], "standing": method.standing_of(found, today())})


@router.get("/methods/{id}/beside")
def beside(request: Request, id: Id) -> Json:
    """The method run beside the one in force on today's records: D, T and the computed grade of each district under both. Takes seconds."""
    return Json(method.beside(database(request), desk(request).catalogue, str(id), now()))


@router.post("/methods/{id}/activate")
def activate(request: Request, id: Id, sent: Start) -> Json:
    """Put a draft in force from a day. Whoever drafted it may not (409)."""

    def act(conn: Conn) -> tuple[int, Any]:
        return 200, {"id": method.activate(conn, str(id), sent.day, actor(request), now()), "in_force_from": sent.day}

    return once(request, [id, sent.model_dump()], act)


@router.post("/methods/{id}/discard")
def discard(request: Request, id: Id) -> Json:
    """Put a draft away; it stays on record."""

    def act(conn: Conn) -> tuple[int, Any]:
        return 200, {"id": method.discard(conn, str(id), actor(request))}

    return once(request, [id], act)


@router.get("/closings/difference")
def difference(request: Request, since: Annotated[dt.date, Query()], until: Annotated[dt.date, Query()]) -> Json:
    """What moved each district's D between two closings, by cause; the parts add up. 404 for a day that was not closed."""
    return Json({"since": since, "until": until,
                 "districts": closing.between(database(request), desk(request).catalogue, since, until, now())})  # fmt: skip
