"""Reports of an incident over HTTP and as plain pages: 初报, 续报, 终报, what changed, by when, and the timeline. They work without JavaScript."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from riskmap.api.deps import Json, actor, client_key, desk, now, once, reading, settings
from riskmap.api.framed import framed, reader
from riskmap.api.papers import Id, Number, handed
from riskmap.api.posted import Form, Posted
from riskmap.api.shelters import local
from riskmap.core.response import report as core
from riskmap.core.role import may
from riskmap.errors import Problem
from riskmap.flows import paper
from riskmap.flows import report as flow
from riskmap.page.people import half
from riskmap.store.query import Conn

router = APIRouter(tags=["reports"])

Words = Annotated[str, Field(max_length=2000)] | None
People = Annotated[int, Field(ge=0, le=10_000_000)] | None


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Report(Strict):
    """A report; null is not known yet (待查). `number`: the one it is taken for, refused where another was made meanwhile. Loss in 万元."""

    kind: Literal["first", "follow", "final"]
    number: Annotated[int, Field(ge=1, le=100_000)] | None = None
    title: Annotated[str, Field(min_length=1, max_length=200)]
    nature: Annotated[str, Field(max_length=40)]
    level: Annotated[int, Field(ge=1, le=4)] | None = None
    happened_at: AwareDatetime | None = None
    reported_at: AwareDatetime
    place: Annotated[str, Field(min_length=1, max_length=2000)]
    unit: Words = None
    source: Words = None
    cause: Words = None
    scene: Words = None
    deaths: People = None
    missing: People = None
    serious: People = None
    injured: People = None
    moved: People = None
    loss_wan: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] | None = None
    scope: Words = None
    measures: Words = None
    trend: Words = None
    advice: Words = None


class Wanted(Strict):
    format: Literal["pdf", "docx"] = "pdf"


@router.get("/api/incidents/{id}/reports")
def listed(request: Request, id: Id) -> Json:
    """Reports, oldest first, each with exactly what changed since the one before; the deadlines that stand; what a new one would begin with."""
    with reading(request) as conn:
        return Json(flow.listed(conn, desk(request), id, now()))


@router.post("/api/incidents/{id}/reports", status_code=201)
def made(request: Request, id: Id, body: Report) -> Json:
    """Keep a report. The database numbers it; after the final one there is none."""
    said = body.model_dump(exclude={"kind", "number"})
    return once(request, [id, "report", body.model_dump()],
                lambda conn: (201, flow.made(conn, desk(request), id, body.kind, said, actor(request), now(), body.number)))  # fmt: skip


@router.post("/api/incidents/{id}/reports/{number}/export")
def file(request: Request, id: Id, number: Number, body: Wanted) -> Response:
    """A report as PDF or Word, written into the audit first."""
    client_key(request)
    return _file(request, id, number, body.format)


@router.get("/incidents/{id}/reports", include_in_schema=False)
def page(request: Request, id: Id) -> HTMLResponse:
    """The reports, the deadlines, and the form of the next one."""
    return _page(request, id)


@router.post("/incidents/{id}/reports", include_in_schema=False)
def sent(request: Request, id: Id, sent: Form) -> Response:
    """Keep the report of the form."""
    said = {k: sent.one(k) or None for k in core.KEYS}

    def act(conn: Conn) -> tuple[int, Any]:
        kind = flow.expected(flow.listed(conn, desk(request), id, now()), sent.one("kind"))
        return 201, flow.made(conn, desk(request), id, kind, said, actor(request), now(), sent.number("number") or None)

    try:
        answer = once(request, [id, sent], act)
    except Problem as fault:
        if fault.status not in (409, 422):
            raise
        return _page(request, id, sent, fault)
    return RedirectResponse(f"/incidents/{id}/reports/{orjson.loads(answer.body)['number']}", status_code=303)


@router.get("/incidents/{id}/reports/{number}", include_in_schema=False)
def one(request: Request, id: Id, number: Number) -> HTMLResponse:
    """A report with its changes marked."""
    english = reader(request).language == "en"
    with reading(request) as conn:
        found = flow.listed(conn, desk(request), id, now())
        report, before = flow.one(found, number)
        sheet = core.sheet(report, before, found["incident"], found["deadlines"], flow.kinds(desk(request)), english)
        return framed(request, "report.html", "/command", conn=conn, sheet=sheet, held=found["incident"], number=number, count=len(found["reports"]),
                      exports=may(actor(request).role, "export.run"), key=uuid.uuid4().hex)  # fmt: skip


@router.post("/incidents/{id}/reports/{number}/export", include_in_schema=False)
def form_file(request: Request, id: Id, number: Number, sent: Form) -> Response:
    """The same from the page's form: field `format`."""
    return _file(request, id, number, sent.one("format"))


@router.get("/incidents/{id}/timeline", include_in_schema=False)
def timeline(request: Request, id: Id) -> HTMLResponse:
    """What happened, from the first word to the last."""
    with reading(request) as conn:
        found = flow.listed(conn, desk(request), id, now())
        rows = flow.timeline(conn, id, reader(request).language == "en")
        return framed(request, "timeline.html", "/command", conn=conn, held=found["incident"], rows=rows)


def _file(request: Request, id: int, number: int, form: str) -> Response:
    return handed(request, lambda conn: paper.report_paper(conn, desk(request), settings(request), id, number, form, reader(request).language,
                                                           actor(request), now()))  # fmt: skip


def _page(request: Request, id: Annotated[int, Path()], sent: Posted | None = None, fault: Problem | None = None) -> HTMLResponse:
    who = reader(request)
    english = who.language == "en"
    with reading(request) as conn:
        found = flow.listed(conn, desk(request), id, now())
        kinds = flow.kinds(desk(request))
        begun = found["next"] or {}
        values = {e.key: _typed(e, begun.get(e.key)) for e in core.ELEMENTS} if sent is None else {e.key: sent.one(e.key) for e in core.ELEMENTS}
        told = fault and {"title": half(fault.title, who.language), "remedy": half(fault.remedy or "", who.language), "where": str(fault.where or "")}
        return framed(
            request, "reports.html", "/command", conn=conn, status=fault.status if fault else 200, held=found["incident"], reports=found["reports"],
            due=core.told_due(found["deadlines"], found["incident"], english), begun=found["next"] is not None, values=values, elements=core.ELEMENTS,
            kinds={c: half(w, who.language) for c, w in kinds.items() if "." in c}, half=lambda text: half(text, who.language), fault=told,
            number=len(found["reports"]) + 1, label=core.label, written=lambda k, v: core.written(k, v, kinds, english), local=local,
            commands=may(actor(request).role, "incident.command"), exports=may(actor(request).role, "export.run"), key=uuid.uuid4().hex,
        )  # fmt: skip


def _typed(e: core.Element, value: Any) -> str:
    """A value as its field holds it: moments in Beijing's time."""
    if value is None:
        return ""
    if e.kind == "moment":
        return core.beijing(value).strftime("%Y-%m-%dT%H:%M")
    return f"{value:g}" if isinstance(value, float) else str(value)
