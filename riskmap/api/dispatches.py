"""Dispatches over HTTP and as a plain page: supplies ordered for an incident, loaded, received, returned or cancelled."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from riskmap.api.deps import Json, actor, desk, now, once, reading
from riskmap.api.framed import framed, reader
from riskmap.api.papers import Id
from riskmap.api.posted import Form, Posted
from riskmap.api.shelters import local
from riskmap.core.role import may
from riskmap.errors import Problem
from riskmap.flows import dispatch as flow
from riskmap.flows import incident
from riskmap.flows.stock import plain
from riskmap.page.people import half
from riskmap.store import dispatches, incidents, stock
from riskmap.store.query import Conn

router = APIRouter(tags=["dispatches"])
Step = Literal["load", "receive", "return", "cancel"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Wanted(Strict):
    depot: Annotated[int, Field(ge=1, lt=2**62)]
    supply_code: Annotated[str, Field(pattern=r"^[0-9]{7}$")]
    unit: Annotated[str, Field(min_length=1, max_length=20)]
    quantity: Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=2)]


class Order(Strict):
    """What is taken of which depot; without lines what the last plan takes. `to`: the shelter it goes to; `party`: where else, in words."""

    lines: Annotated[list[Wanted], Field(max_length=flow.MOST)] = []
    to: Annotated[int, Field(ge=1, lt=2**62)] | None = None
    party: Annotated[str, Field(max_length=200)] = ""
    reason: Annotated[str, Field(max_length=500)] = ""


class Answer(Strict):
    answer: Annotated[str, Field(max_length=500)] = ""


@router.get("/api/incidents/{id}/dispatches")
def listed(request: Request, id: Id) -> Json:
    """Dispatches of the incident one may see, newest first: the city all, a unit those of its depots and to its shelters."""
    with reading(request) as conn:
        incident.one(conn, id)
        return Json({"documents": plain(dispatches.of(conn, id))})


@router.post("/api/incidents/{id}/dispatches", status_code=201)
def ordered(request: Request, id: Id, body: Order) -> Json:
    """Order supplies: all of it or none. First expired first; never under a depot's minimum reserve, never what is out of date or promised."""
    lines = [line.model_dump() for line in body.lines]

    def act(conn: Conn) -> tuple[int, Any]:
        goal = {"to": body.to, "party": body.party, "reason": body.reason}
        return 201, {"documents": flow.ordered(conn, desk(request), id, lines, actor(request), now(), **goal)}

    return once(request, [id, "dispatch", body.model_dump(mode="json")], act)


@router.post("/api/dispatches/{id}/{step}")
def stepped(request: Request, id: Id, step: Step, body: Answer) -> Json:
    """Load (who keeps the book and did not order), receive (who did not load), return or cancel (both say why)."""
    return once(request, [id, step, body.answer], lambda conn: (200, flow.stepped(conn, id, step, body.answer, actor(request), now())))


@router.get("/incidents/{id}/dispatches", include_in_schema=False)
def page(request: Request, id: Id) -> HTMLResponse:
    """The dispatches, what one may do with each, and the form of an order."""
    return _page(request, id)


@router.post("/incidents/{id}/dispatches", include_in_schema=False)
def sent(request: Request, id: Id, sent: Form) -> Response:
    """Order by the form: one kind of one depot, or all that the plan takes (field `plan`)."""
    by_plan = bool(sent.one("plan"))
    line: dict[str, Any] = {"depot": sent.number("depot"), "supply_code": sent.one("supply_code")[:7], "unit": sent.one("unit")[:20]}
    line["quantity"] = sent.one("quantity") or "?"

    def act(conn: Conn) -> tuple[int, Any]:
        goal = {"to": sent.number("to") or None, "party": sent.one("party")}
        return 201, {"documents": flow.ordered(conn, desk(request), id, [] if by_plan else [line], actor(request), now(), **goal)}

    return _done(request, id, sent, [id, sent], act)


@router.post("/dispatches/{id}/{step}", include_in_schema=False)
def turned(request: Request, id: Id, step: Step, sent: Form) -> Response:
    """A step by the form."""
    return _done(request, sent.number("incident"), sent, [id, step, sent],
                 lambda conn: (200, flow.stepped(conn, id, step, sent.one("answer"), actor(request), now())))  # fmt: skip


def _done(request: Request, id: int, sent: Posted, body: Any, act: Any) -> Response:
    try:
        orjson.loads(once(request, body, act).body)
    except Problem as fault:
        if fault.status in (404, 428) or not id:
            raise
        return _page(request, id, sent, fault)
    return RedirectResponse(f"/incidents/{id}/dispatches" if id else "/stock", status_code=303)


def _page(request: Request, id: int, sent: Posted | None = None, fault: Problem | None = None) -> HTMLResponse:
    who, language = actor(request), reader(request).language
    commands = may(who.role, "incident.command")
    with reading(request) as conn:
        held, found = incident.one(conn, id), dispatches.of(conn, id)
        kept = incidents.plan(conn, id)
        depots = stock.depots(conn) if commands else []
        shelters = [s for s in kept["outcome"]["shelters"] if s["assigned"]] if kept and commands else []
        told = fault and {"title": half(fault.title, language), "remedy": half(fault.remedy or "", language), "where": str(fault.where or "")}
        return framed(
            request, "dispatches.html", "/command", conn=conn, status=fault.status if fault else 200, held=held, found=found, depots=depots,
            shelters=shelters,
            planned=sum(len(n["shares"]) for n in kept["outcome"]["supplies"]) if kept else 0, commands=commands and held["state"] == "open",
            steps=lambda one: flow.steps(one, who), sent=sent or Posted(), fault=told, local=local, key=uuid.uuid4().hex,
            number=lambda v: f"{Decimal(str(v)):f}".rstrip("0").rstrip(".") if "." in f"{Decimal(str(v)):f}" else f"{v}",
        )  # fmt: skip
