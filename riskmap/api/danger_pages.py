"""The pages of the hidden dangers: list with statistics, one with its next steps, the form. Plain pages that work without JavaScript."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from riskmap.api.dangers import NAMES, after_of, asked_of, cursor_of, query_of, words, workbook
from riskmap.api.deps import actor, desk, now, once, reading, today
from riskmap.api.framed import framed, reader
from riskmap.api.posted import Form, Posted
from riskmap.core.danger import LEVELS
from riskmap.core.filter import Filter, sort_of
from riskmap.core.role import ROLES, may
from riskmap.errors import BadInput, Problem
from riskmap.flows import danger as loop
from riskmap.page.people import half
from riskmap.store import dangers, features
from riskmap.store.query import Conn

router = APIRouter(include_in_schema=False)

Id = Annotated[int, Path(ge=1, lt=2**62)]
PAGE = 50
TEXTS = ("title", "grade", "code", "criterion", "basis", "unit", "person", "note", "attachment", "supervision")
DAYS = ("found_on", "deadline_on", "asked_on", "happened_on")


@router.get("/dangers")
def board(request: Request, cursor: Annotated[str, Query(max_length=200)] = "") -> HTMLResponse:
    """The list with its filter and the statistics of what is asked for."""
    given = {k: v for k, v in query_of(request).items() if k in NAMES}
    asked = asked_of(given)
    with reading(request) as conn:
        rows = dangers.page(conn, asked, today(), PAGE + 1, after_of(cursor))
        stats = loop.statistics(conn, asked, now())
    after = cursor_of(rows[PAGE - 1]) if len(rows) > PAGE else ""
    who = actor(request)
    top = max([m[k] for m in stats["months"] for k in ("found", "closed")], default=0)
    return framed(request, "dangers.html", "/dangers", script="danger/main.js", rows=rows[:PAGE], stats=stats, asked=given, said=_said(request),
                  after=after and urlencode(given | {"cursor": after}), link=lambda **more: "?" + urlencode({**given, **more}), paged=bool(cursor),
                  reports=may(who.role, "danger.report"), exports=may(who.role, "export.run"), key=uuid.uuid4().hex, top=top)  # fmt: skip


@router.post("/dangers/export")
def export(request: Request, sent: Form) -> Response:
    """The list as a workbook."""
    return workbook(request, {k: sent.one(k) for k in NAMES if sent.one(k)})


@router.get("/dangers/new")
def blank(request: Request, source: Annotated[int, Query(ge=0, lt=2**62)] = 0, q: Annotated[str, Query(max_length=100)] = "") -> Response:
    """The form of a new one; without a source, the search for it."""
    return _form(request, source, q)


@router.post("/dangers/new")
def register(request: Request, sent: Form) -> Response:
    """Put one on record."""
    try:
        given = _given(sent, "title", "grade", "code", "criterion", "basis", "unit", "person", "note", "found_on", "deadline_on")

        def act(conn: Conn) -> tuple[int, Any]:
            made = loop.register(conn, desk(request).catalogue, given | {"feature_id": sent.number("source")}, actor(request), now())
            return 201, {"id": made["id"]}

        return RedirectResponse(f"/dangers/{orjson.loads(once(request, sent, act).body)['id']}", status_code=303)
    except Problem as fault:
        if fault.status in (404, 428):
            raise
        return _form(request, sent.number("source"), "", sent, fault)


@router.get("/dangers/{id}")
def one(request: Request, id: Id) -> Response:
    """Facts, timeline and next steps."""
    return _one(request, id)


@router.post("/dangers/{id}/{move}")
def moved(request: Request, id: Id, move: Annotated[str, Path(max_length=20)], sent: Form) -> Response:
    """Make a move at the version of the page; where it moved on meanwhile, the page as it is now and what was typed."""
    try:
        given = _given(sent, *TEXTS, *DAYS)

        def act(conn: Conn) -> tuple[int, Any]:
            made = loop.move(conn, id, sent.number("version"), move, given, actor(request), now())
            return 200, {"id": id, "version": made["version"]}

        once(request, [id, move, sent], act)
        return RedirectResponse(f"/dangers/{id}", status_code=303)
    except Problem as fault:
        if fault.status in (404, 428):
            raise
        return _one(request, id, sent, fault, move)


def _given(sent: Posted, *names: str) -> dict[str, Any]:
    """Texts and days of a form; empty ones are absent. Raises BadInput."""
    out: dict[str, Any] = {}
    for name in names:
        text = sent.one(name)
        if len(text) > 2000 or "\x00" in text:
            raise BadInput("有一栏太长或有不能用的字符 / a field is too long or holds what is no text", where=name)
        out[name] = text or None
        if text and name in DAYS:
            try:
                out[name] = dt.date.fromisoformat(text)
            except ValueError:
                raise BadInput("日期写作 2026-11-25 / a day is written 2026-11-25", where=name) from None
    return out


def _one(request: Request, id: int, sent: Posted | None = None, fault: Problem | None = None, tried: str = "") -> HTMLResponse:
    language = reader(request).language
    with reading(request) as conn:
        found = loop.opened(conn, id, actor(request), now())
    roles = {role: names[1 if language == "en" else 0] for role, names in ROLES.items()}
    return framed(request, "danger.html", "/dangers", status=fault.status if fault else 200, one=found, said=_said(request), levels=LEVELS,
                  roles=roles, key=uuid.uuid4().hex, sent=sent or Posted(), tried=tried, fault=_told(fault, language), today=today())  # fmt: skip


def _form(request: Request, source: int, q: str, sent: Posted | None = None, fault: Problem | None = None) -> HTMLResponse:
    language, layer = reader(request).language, desk(request).catalogue.layer(loop.LAYER)
    record, met = None, []
    with reading(request) as conn:
        if source:
            record = features.one(conn, loop.LAYER, source, today())
        elif q.strip():
            asked = Filter(loop.LAYER, q=q.strip())
            met = features.page(conn, asked, sort_of("id"), 20, None, list(layer.search), today(), facts=False, mask=None).features
    if source and record is None:
        fault = fault or BadInput("没有这个风险源，或不归本单位管 / no such risk source, or it is another unit's", where=str(source))
    criteria = desk(request).catalogue.codes["danger_criterion"]
    return framed(request, "danger_new.html", "/dangers", status=fault.status if fault else 200, record=record, met=met, q=q, criteria=criteria,
                  key=uuid.uuid4().hex, sent=sent or Posted(), fault=_told(fault, language), today=today(), layer=layer)  # fmt: skip


def _said(request: Request) -> dict[str, dict[str, str]]:
    """Codes → words in the reader's language."""
    said = words(request)
    if reader(request).language != "en":
        return said
    at = desk(request)
    kinds = at.catalogue.options(at.catalogue.layer(loop.LAYER).fields()["kind"])
    english = {f"danger_{k}": k for k in ("state", "grade", "criterion")}
    return said | {k: {o.code: o.en or o.zh for o in at.catalogue.codes[code]} for code, k in english.items()} | {
        "district": {d.code: d.name_en or d.name for d in at.gazetteer.districts}, "sector": {o.code: o.en or o.zh for o in kinds},
        "supervision": {"district": "District", "city": "City", "national": "National"}}  # fmt: skip


def _told(fault: Problem | None, language: str) -> dict[str, str] | None:
    return fault and {"title": half(fault.title, language), "remedy": half(fault.remedy or "", language), "where": str(fault.where or "")}
