"""Shelters' state and people over time: the API, and the page that works without JavaScript."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from riskmap.api.deps import Json, actor, desk, now, once, reading
from riskmap.api.framed import framed, reader
from riskmap.api.posted import Form, Posted
from riskmap.core.shelter import MOST, STATES
from riskmap.errors import BadInput, NotFound, Problem
from riskmap.flows import shelter as flow
from riskmap.flows.survey import BEIJING
from riskmap.page.people import half
from riskmap.store import shelters
from riskmap.store.query import Conn

router = APIRouter(tags=["shelters"])
Id = Annotated[int, Path(ge=1, lt=2**62)]
Note = Annotated[str, Field(max_length=500)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class State(Strict):
    """A state as told; `note` is asked for where it is full against the count."""

    state: Literal["normal", "opened", "full", "closed"]
    note: Note = ""
    happened_at: dt.datetime | None = None


class People(Strict):
    """How many people are in it, when."""

    people: Annotated[int, Field(ge=0, le=MOST, strict=True)]
    note: Note = ""
    counted_at: dt.datetime | None = None


@router.get("/api/shelters/{id}/states")
def states(request: Request, id: Id) -> Json:
    """How the shelter stands now (`now`; what is not known is null), and its states as they were told, the last first."""
    with reading(request) as conn:
        one = flow.opened(conn, id, actor(request), now())
        return Json({"now": one, "states": shelters.states(conn, id)})


@router.get("/api/shelters/{id}/occupancy")
def occupancy(request: Request, id: Id) -> Json:
    """How the shelter stands now, and the counts of people, the latest first."""
    with reading(request) as conn:
        one = flow.opened(conn, id, actor(request), now())
        return Json({"now": one, "occupancy": shelters.occupancy(conn, id)})


@router.post("/api/shelters/{id}/states", status_code=201)
def report_state(request: Request, id: Id, body: State) -> Json:
    """Tell the shelter's state; it stands in the record at once."""

    def act(conn: Conn) -> tuple[int, Any]:
        return 201, _plain(flow.report_state(conn, id, body.state, body.note, body.happened_at, actor(request), now()))

    return once(request, [id, body.model_dump(mode="json")], act)


@router.post("/api/shelters/{id}/occupancy", status_code=201)
def report_people(request: Request, id: Id, body: People) -> Json:
    """Tell how many people are in the shelter; at its capacity it is full from then on."""

    def act(conn: Conn) -> tuple[int, Any]:
        return 201, _plain(flow.report_people(conn, id, body.people, body.note, body.counted_at, actor(request), now()))

    return once(request, [id, body.model_dump(mode="json")], act)


@router.get("/shelters/{id}/state", include_in_schema=False)
def page(request: Request, id: Id) -> HTMLResponse:
    """How it stands, the two forms, both ledgers."""
    return _page(request, id)


@router.post("/shelters/{id}/state", include_in_schema=False)
def state_form(request: Request, id: Id, sent: Form) -> Response:
    """A state, from the page's form."""

    def act(conn: Conn) -> tuple[int, Any]:
        told = flow.report_state(conn, id, sent.one("state"), sent.one("note")[:500], moment(sent, "happened_at"), actor(request), now())
        return 201, _plain(told)

    return _done(request, id, sent, act)


@router.post("/shelters/{id}/occupancy", include_in_schema=False)
def people_form(request: Request, id: Id, sent: Form) -> Response:
    """A count of people, from the page's form."""

    def act(conn: Conn) -> tuple[int, Any]:
        text = sent.one("people")
        if not (text.isascii() and text.isdigit() and len(text) <= 7):
            raise BadInput("人数写整数，没有人写 0 / a whole number of people, 0 where there is nobody", where="people")
        told = flow.report_people(conn, id, int(text), sent.one("note")[:500], moment(sent, "counted_at"), actor(request), now())
        return 201, _plain(told)

    return _done(request, id, sent, act)


def moment(sent: Posted, name: str) -> dt.datetime | None:
    """A time of a form, as it is in Beijing; None where it was left empty. Raises BadInput."""
    text = sent.one(name)
    if not text:
        return None
    try:
        return dt.datetime.fromisoformat(text).replace(tzinfo=BEIJING)
    except ValueError:
        raise BadInput("时间写作 2026-11-25T08:30 / a time is written 2026-11-25T08:30", where=name) from None


def _done(request: Request, id: int, sent: Posted, act: Any) -> Response:
    try:
        once(request, [id, sent], act)
    except NotFound:
        raise
    except Problem as fault:
        if fault.status == 428:
            raise
        return _page(request, id, sent, fault)
    return RedirectResponse(f"/shelters/{id}/state", status_code=303)


def _page(request: Request, id: int, sent: Posted | None = None, fault: Problem | None = None) -> HTMLResponse:
    at, language = now(), reader(request).language
    with reading(request) as conn:
        one = flow.opened(conn, id, actor(request), at)
        told, counts = shelters.states(conn, id), shelters.occupancy(conn, id)
    english = language == "en"
    options = desk(request).catalogue.options(desk(request).catalogue.layer(flow.LAYER).fields()["state"])
    said = {o.code: (o.en or o.zh) if english else o.zh for o in options}
    shown = fault and {"title": half(fault.title, language), "remedy": half(fault.remedy or "", language), "where": fault.where or ""}
    return framed(request, "shelter.html", "/", status=fault.status if fault else 200, one=one, states=told, counts=counts, said=said,
                  key=uuid.uuid4().hex, sent=sent or Posted(), fault=shown, order=STATES, local=local,
                  minutes=int((at - one["counted_at"]).total_seconds() // 60) if one["counted_at"] else None)  # fmt: skip


def local(at: dt.datetime) -> str:
    """A time as it is in Beijing."""
    return f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M}"


def _plain(one: dict[str, Any]) -> dict[str, Any]:
    """Times as text: what is kept to be answered again is JSON."""
    return {k: v.isoformat() if isinstance(v, dt.datetime) else v for k, v in one.items()}
