"""The method desk as pages: what is in force, drafts, a draft beside it, approval by a second person; what changed between two closings."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from riskmap.api.deps import actor, database, desk, now, once, reading, today
from riskmap.api.framed import framed, reader
from riskmap.api.posted import Form, Posted
from riskmap.core.grading.difference import CAUSES
from riskmap.core.grading.method import GROUPS, Method
from riskmap.core.role import may
from riskmap.errors import BadInput, Problem
from riskmap.flows import closing, method
from riskmap.flows.survey import method_of
from riskmap.page.people import half
from riskmap.store import grades
from riskmap.store.query import Conn

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, lt=2**31)]
HERE = "/method"


@router.get("/method")
def board(request: Request) -> HTMLResponse:
    """The method in force with every parameter, and every other method."""
    with reading(request) as conn:
        every = grades.methods(conn)
        id, name, current = method_of(conn, today())
    listed = [m | {"standing": method.standing_of(m, today())} for m in every]
    return framed(request, "method.html", HERE, every=listed, current={"id": id, "name": name, "record": current.record()}, groups=GROUPS,
                  drafts=may(actor(request).role, "method.manage"), half=_half(request))  # fmt: skip


@router.get("/method/new")
def blank(request: Request) -> HTMLResponse:
    """The form of a draft, every parameter as it is in force."""
    return _form(request)


@router.post("/method/new")
def draft(request: Request, sent: Form) -> Response:
    """Draft a method from the parameters that were changed."""
    try:

        def act(conn: Conn) -> tuple[int, Any]:
            name = sent.one("name")
            if not name or len(name) > 80 or not name.isprintable():
                raise BadInput("名称 1 至 80 个字 / a name of 1 to 80 characters", where="name")
            return 201, {"id": method.draft(conn, name, _changes(sent, method_of(conn, today())[2]), actor(request))}

        return RedirectResponse(f"/method/{orjson.loads(once(request, sent, act).body)['id']}", status_code=303)
    except Problem as fault:
        if fault.status in (404, 428):
            raise
        return _form(request, sent, fault)


@router.get("/method/{id}")
def one(request: Request, id: Id, beside: bool = False) -> HTMLResponse:
    """A method, what differs from the one in force, and with `beside` the districts under both."""
    return _one(request, id, beside=beside)


@router.post("/method/{id}/approve")
def approve(request: Request, id: Id, sent: Form) -> Response:
    """In force from a day, by a second person."""

    def act(conn: Conn) -> tuple[int, Any]:
        try:
            day = dt.date.fromisoformat(sent.one("day"))
        except ValueError:
            raise BadInput("日期写作 2026-11-25 / a day is written 2026-11-25", where="day") from None
        return 200, {"id": method.activate(conn, str(id), day, actor(request), now())}

    return _moved(request, id, sent, act)


@router.post("/method/{id}/discard")
def discard(request: Request, id: Id, sent: Form) -> Response:
    """Put a draft away."""
    return _moved(request, id, sent, lambda conn: (200, {"id": method.discard(conn, str(id), actor(request))}))


@router.get("/closings")
def closings(request: Request, since: dt.date | None = None, until: dt.date | None = None) -> HTMLResponse:
    """What moved each district's D between two closings, by cause; the parts add up."""
    with reading(request) as conn:
        days = grades.closed_days(conn)
    found, fault = None, None
    if since and until:
        try:
            found = closing.between(database(request), desk(request).catalogue, since, until, now())
        except Problem as problem:
            fault = problem
    first, last = since or (days[1] if len(days) > 1 else None), until or (days[0] if days else None)
    return framed(request, "closings.html", HERE, status=fault.status if fault else 200, days=days, since=first, until=last, found=found,
                  causes=CAUSES, fault=_told(request, fault))  # fmt: skip


def _moved(request: Request, id: int, sent: Posted, act: Any) -> Response:
    try:
        once(request, [id, sent], act)
    except Problem as fault:
        if fault.status in (404, 428):
            raise
        return _one(request, id, fault=fault)
    return RedirectResponse(f"/method/{id}", status_code=303)


def _changes(sent: Posted, current: Method) -> dict[str, Any]:
    """Parameters whose field does not read as the one in force. BadInput names a field that is no JSON value."""
    out = {}
    for name, now_in_force in current.record().items():
        text = sent.one(f"p.{name}")
        if not text:
            continue  # left empty: as it is
        try:
            value = json.loads(text)
        except ValueError:
            remedy = f"例如 for example {json.dumps(now_in_force['value'])}"
            raise BadInput("不是数值或数组 / neither a number nor a list", where=name, remedy=remedy) from None
        if value != now_in_force["value"]:
            out[name] = value
    return out


def _form(request: Request, sent: Posted | None = None, fault: Problem | None = None) -> HTMLResponse:
    with reading(request) as conn:
        _, name, current = method_of(conn, today())
    written = {k: json.dumps(v["value"]) for k, v in current.record().items()}
    return framed(request, "method_new.html", HERE, status=fault.status if fault else 200, base=name, record=current.record(), written=written,
                  groups=GROUPS, half=_half(request), sent=sent or Posted(), key=uuid.uuid4().hex, fault=_told(request, fault))  # fmt: skip


def _one(request: Request, id: int, *, beside: bool = False, fault: Problem | None = None) -> HTMLResponse:
    who = actor(request)
    with reading(request) as conn:
        found = method.opened(conn, str(id), today())
    ran = method.beside(database(request), desk(request).catalogue, str(id), now()) if beside else None
    standing = method.standing_of(found, today())
    manages = may(who.role, "method.manage") and standing == "draft"
    return framed(request, "method_one.html", HERE, status=fault.status if fault else 200, one=found, standing=standing, beside=ran, groups=GROUPS,
                  half=_half(request),
                  approves=manages and found["drafted_by"] != who.id, discards=manages, mine=found["drafted_by"] == who.id,
                  key=uuid.uuid4().hex, today=today(), fault=_told(request, fault))  # fmt: skip


def _half(request: Request) -> Callable[[str], str]:
    language = reader(request).language
    return lambda text: half(text, language)


def _told(request: Request, fault: Problem | None) -> dict[str, str] | None:
    language = reader(request).language
    return fault and {"title": half(fault.title, language), "remedy": half(fault.remedy or "", language), "where": str(fault.where or "")}
