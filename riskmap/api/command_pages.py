"""The pages of the commanders: trying out what an incident means, the incidents, one of them to follow, and its plan to sign.

The incidents' pages and the plan work without JavaScript; trying out needs the map.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from riskmap.api.deps import actor, desk, now, once, reading, settings
from riskmap.api.framed import framed, reader
from riskmap.api.incidents import Logged
from riskmap.api.posted import Form, Posted
from riskmap.core.response.severity import CLAUSE
from riskmap.core.response.wording import LEVELS
from riskmap.core.role import may
from riskmap.errors import BadInput, NotFound, Problem
from riskmap.flows import incident, live
from riskmap.flows.paper import drawing
from riskmap.flows.sheet import sheet
from riskmap.flows.survey import BEIJING
from riskmap.page import texts
from riskmap.page.people import half
from riskmap.page.sketch import sketch
from riskmap.store import incidents
from riskmap.store.query import Conn

router = APIRouter(include_in_schema=False)

Id = Annotated[int, Path(ge=1, lt=2**62)]
PAGE = 50
TEXTS = ("title", "source", "cause", "measures", "note")
COUNTS = ("deaths", "serious", "loss_wan")


@router.get("/command")
def command(request: Request) -> HTMLResponse:
    """What an incident at a place would mean; what it shows is asked of the API. The query is the client's."""
    at = desk(request).catalogue
    kinds = [(code, one) for code, one in at.response.kinds.items() if "." in code]
    found = [*at.with_role("major_hazard"), *at.layers]  # where an incident may be, the likeliest first
    with reading(request) as conn:
        return framed(request, "command.html", "/command", script="command/main.js", leaflet=True, conn=conn, kinds=kinds, since=live.last(conn),
                      types=at.codes["accident_type"], substances=at.response.substances, layers=list(dict.fromkeys(found)))  # fmt: skip


@router.get("/incidents")
def board(
    request: Request, before: Annotated[int, Query(ge=1, lt=2**62)] = incidents.LAST, state: Annotated[str, Query(max_length=10)] = ""
) -> HTMLResponse:
    """All incidents, open before closed, newest first."""
    state = state if state in ("open", "closed") else ""
    with reading(request) as conn:
        rows = incidents.page(conn, state=state or None, before=before, size=PAGE + 1)
        return framed(request, "incidents.html", "/incidents", script="incident/main.js", conn=conn, rows=rows[:PAGE], more=len(rows) > PAGE,
                      state=state, since=live.last(conn), commands=may(actor(request).role, "incident.command"), **_words(request))  # fmt: skip


@router.get("/incidents/{id}")
def one(request: Request, id: Id) -> HTMLResponse:
    """An incident as it is known now: facts, log, plans, what it holds."""
    return _one(request, id)


@router.get("/incidents/{id}/plans/{n}")
def plan(request: Request, id: Id, n: Annotated[int, Path(ge=1, le=100_000)]) -> HTMLResponse:
    """A plan on paper, as it was kept: the page to sign."""
    english = reader(request).language == "en"
    with reading(request) as conn:
        held, kept = incident.one(conn, id), incidents.plan(conn, id, n)
        if kept is None:
            raise NotFound("没有这个方案，或它不涉及本单位 / no such plan, or it does not touch your unit", where=f"{id}/{n}")
        told = sheet(desk(request), kept["outcome"], held, kept, english)
        words = texts(settings(request).web_dir, reader(request).language)
        picture = sketch(drawing(desk(request), settings(request), kept["outcome"], words), told["title"])
        return framed(request, "plan.html", "/incidents", conn=conn, held=held, kept=kept, sheet=told, picture=picture,
                      exports=may(actor(request).role, "export.run"), key=uuid.uuid4().hex, printed=now().astimezone(BEIJING))  # fmt: skip


@router.post("/incidents/{id}/log")
def logged(request: Request, id: Id, sent: Form) -> Response:
    """A line of the log, or facts known better, onto the version the page was of; else the page as it is now and what was typed."""
    try:
        said = _said(sent)
        version = sent.number("version") or None

        def act(conn: Conn) -> tuple[int, Any]:
            return 200, incident.moved(conn, desk(request), id, sent.one("move"), said, actor(request), now(), version)

        once(request, [id, "log", sent], act)
        return RedirectResponse(f"/incidents/{id}", status_code=303)
    except Problem as fault:
        if fault.status in (404, 428):
            raise
        return _one(request, id, sent, fault)


@router.post("/incidents/{id}/hold")
def hold(request: Request, id: Id, sent: Form) -> Response:
    """Hold the places of the last plan, confirm them or give them back."""
    try:
        state = sent.one("state")

        def act(conn: Conn) -> tuple[int, Any]:
            if not state:
                return 201, incident.held_places(conn, id, actor(request), now())
            return 200, incident.turned(conn, id, state, None, actor(request), now())

        once(request, [id, "hold", sent], act)
        return RedirectResponse(f"/incidents/{id}", status_code=303)
    except Problem as fault:
        if fault.status in (404, 428):
            raise
        return _one(request, id, sent, fault)


def _said(sent: Posted) -> dict[str, Any]:
    """What the form says; empty fields are absent, not zero. Raises BadInput."""
    out: dict[str, Any] = {k: sent.one(k) or None for k in TEXTS}
    for name in COUNTS:
        text = sent.one(name)
        try:
            out[name] = (float(text) if name == "loss_wan" else int(text)) if text else None
        except ValueError:
            raise BadInput("须是数 / a number", where=name) from None
    try:
        return Logged(**out).model_dump(exclude={"move"})
    except ValueError:
        raise BadInput("有一栏太长或数不合理 / a field is too long or a number cannot be", where="facts") from None


def _one(request: Request, id: int, sent: Posted | None = None, fault: Problem | None = None) -> HTMLResponse:
    language = reader(request).language
    said = {k: half(str(getattr(fault, k) or ""), language) for k in ("title", "remedy", "where")} if fault else None
    with reading(request) as conn:
        held, kept = incident.one(conn, id), incidents.plan(conn, id)
        rows = incidents.reservations(conn, id)
        told = sheet(desk(request), kept["outcome"], held, kept, language == "en") if kept else None
        return framed(request, "incident.html", "/incidents", status=fault.status if fault else 200, script="incident/main.js", conn=conn, one=held,
                      log=incidents.history(conn, id), holds=rows, kept=kept, sheet=told, since=live.last(conn), sent=sent or Posted(),
                      fault=said, commands=may(actor(request).role, "incident.command"), key=uuid.uuid4().hex, **_words(request))  # fmt: skip


def _words(request: Request) -> Mapping[str, Any]:
    """What the incidents' pages write with: kinds and levels in the reader's language, moments in Beijing's time."""
    language, at = reader(request).language, now()
    kinds = desk(request).catalogue.response.kinds

    def clock(moment: Any) -> str:
        told = moment.astimezone(BEIJING)
        return told.strftime("%m-%d %H:%M" if told.year == at.astimezone(BEIJING).year else "%Y-%m-%d %H:%M")

    def left(moment: Any) -> int:
        return max(0, round((moment - at).total_seconds() / 60))

    return {
        "kind": lambda code: kinds.get(code, {}).get("en" if language == "en" else "zh") or code,
        "level": lambda n: half(LEVELS[n], language),
        "clause": half(CLAUSE, language),
        "clock": clock,
        "left": left,
    }
