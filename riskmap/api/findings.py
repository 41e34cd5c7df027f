"""Inspections and violations over HTTP: listed, put on record, withdrawn; the same as forms on the enterprise's page."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from riskmap.api.deps import Json, actor, desk, now, once, reading, today
from riskmap.api.framed import framed, reader
from riskmap.api.posted import Form, Posted
from riskmap.core.role import may
from riskmap.errors import BadInput, NotFound, Problem
from riskmap.flows import finding, form
from riskmap.page.people import half
from riskmap.store import enterprises, findings
from riskmap.store.findings import Asked, Kind
from riskmap.store.query import Conn

router = APIRouter()

Id = Annotated[int, Path(ge=1, lt=2**62)]
Word = Annotated[str, Field(max_length=40)]
Text = Annotated[str, Field(max_length=2000)]
Day = Annotated[dt.date, Field(ge=dt.date(1990, 1, 1), le=dt.date(2100, 1, 1))]
LAYER = "enterprise"
DAYS = ("happened_on", "decided_on")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Inspection(Strict):
    """An inspection of a record: codes of inspection_kind; `dangers`: the hidden dangers it found."""

    feature_id: Annotated[int, Field(ge=1, lt=2**62)]
    kind: Word
    unit: Text
    inspectors: Text
    result: Literal["sound", "found"]
    findings: Text | None = None
    happened_on: Day | None = None
    dangers: Annotated[list[Annotated[int, Field(ge=1, lt=2**62)]], Field(max_length=finding.HUNG)] = []


class Violation(Strict):
    """A violation: codes of violation_kind and violation_measure; the amount in yuan where the measure has one."""

    feature_id: Annotated[int, Field(ge=1, lt=2**62)]
    kind: Word
    fact: Text
    basis: Text
    measure: Word
    amount_yuan: Annotated[Decimal, Field(ge=0, lt=10**12, decimal_places=2)] | None = None
    unit: Text | None = None
    document: Text | None = None
    decided_on: Day | None = None


class Reason(Strict):
    reason: Annotated[str, Field(max_length=500)]


def asked_of(kind: str, choice: str, district: str, enterprise: int | None, q: str) -> Asked:
    """The filter: commas between several, `-` for a district that is not known. Raises BadInput."""
    if "\x00" in kind + choice + district + q:
        raise BadInput("筛选里有不能用的字符 / a filter holds what is no text", where="q")

    def many(text: str) -> list[str] | None:
        return ["" if v == "-" else v for v in text.split(",") if v][:60] or None

    return Asked(many(kind), many(choice), many(district), enterprise, q.strip() or None)


def after_of(cursor: str) -> tuple[dt.date, int] | None:
    """(day, id) of the last row before. Raises BadInput."""
    if not cursor:
        return None
    try:
        on, id = cursor.split("_")
        if not (id.isascii() and id.isdigit() and 0 < int(id) < 2**62):
            raise ValueError
        return dt.date.fromisoformat(on), int(id)
    except ValueError:
        raise BadInput("翻页参数无效 / not a cursor of ours", where="cursor", remedy="从第一页开始 / begin at the first page") from None


Filter = Annotated[str, Query(max_length=400)]


def _listed(request: Request, what: Kind, asked: Asked, limit: int, cursor: str) -> Json:
    with reading(request) as conn:
        rows = findings.page(conn, what, asked, limit + 1, after_of(cursor))
    shown = finding.seen(rows[:limit], desk(request).catalogue.layer(LAYER), actor(request))
    last = shown[-1] if len(rows) > limit else None
    return Json({"items": shown, "next": last and f"{last['day']}_{last['id']}"})


@router.get("/api/inspections", tags=["lists"])
def inspections(
    request: Request, kind: Filter = "", result: Filter = "", district: Filter = "", enterprise: Annotated[int | None, Query(ge=1, lt=2**62)] = None,
    q: Annotated[str, Query(max_length=100)] = "", limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: Annotated[str, Query(max_length=60)] = "",
) -> Json:  # fmt: skip
    """Those that stand, the latest first."""
    return _listed(request, "inspection", asked_of(kind, result, district, enterprise, q), limit, cursor)


@router.get("/api/violations", tags=["lists"])
def violations(
    request: Request, kind: Filter = "", measure: Filter = "", district: Filter = "", enterprise: Annotated[int | None, Query(ge=1, lt=2**62)] = None,
    q: Annotated[str, Query(max_length=100)] = "", limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: Annotated[str, Query(max_length=60)] = "",
) -> Json:  # fmt: skip
    """Those that stand, the latest first."""
    return _listed(request, "violation", asked_of(kind, measure, district, enterprise, q), limit, cursor)


def _registered(request: Request, what: Kind, feature: int, given: dict[str, Any], body: Any) -> Json:
    def act(conn: Conn) -> tuple[int, Any]:
        return 201, finding.register(conn, desk(request).catalogue, what, feature, given, actor(request), now())

    return once(request, [what, feature, body], act)


@router.post("/api/inspections", tags=["lists"])
def inspect(request: Request, body: Inspection) -> Json:
    """Put an inspection on record."""
    return _registered(request, "inspection", body.feature_id, body.model_dump(exclude={"feature_id"}), body.model_dump())


@router.post("/api/violations", tags=["lists"])
def accuse(request: Request, body: Violation) -> Json:
    """Put a violation on record."""
    return _registered(request, "violation", body.feature_id, body.model_dump(exclude={"feature_id"}), body.model_dump())


def _withdrawn(request: Request, what: Kind, id: int, reason: str) -> Json:
    return once(request, [what, id, reason], lambda conn: (200, finding.withdraw(conn, what, id, reason, actor(request), now())))


@router.post("/api/inspections/{id}/withdraw", tags=["lists"])
def withdraw_inspection(request: Request, id: Id, body: Reason) -> Json:
    """Written in error; by another person."""
    return _withdrawn(request, "inspection", id, body.reason)


@router.post("/api/violations/{id}/withdraw", tags=["lists"])
def withdraw_violation(request: Request, id: Id, body: Reason) -> Json:
    """Written in error; by another person."""
    return _withdrawn(request, "violation", id, body.reason)


@router.get("/enterprises/{id}/{what}/new", include_in_schema=False)
def blank(request: Request, id: Id, what: Kind) -> Response:
    """The form of one of the enterprise or a record of it."""
    return _form(request, id, what)


@router.post("/enterprises/{id}/{what}/new", include_in_schema=False)
def register(request: Request, id: Id, what: Kind, sent: Form) -> Response:
    """Put one on record and go back to the enterprise; where it is not taken, the form with what was typed and why."""
    try:
        given = _given(sent, what)
        _registered(request, what, sent.number("subject") or id, given, sent)
        return RedirectResponse(f"/enterprises/{id}#{what}s", status_code=303)
    except Problem as fault:
        if fault.status in (404, 428):
            raise
        return _form(request, id, what, sent, fault)


@router.post("/enterprises/{id}/{what}/{finding}/withdraw", include_in_schema=False)
def withdraw(request: Request, id: Id, what: Kind, finding: Id, sent: Form) -> Response:
    """Withdraw one and go back."""
    _withdrawn(request, what, finding, sent.one("reason"))
    return RedirectResponse(f"/enterprises/{id}#{what}s", status_code=303)


def said(request: Request) -> dict[str, dict[str, str]]:
    """Codes → words in the reader's language."""
    english, codes = reader(request).language == "en", desk(request).catalogue.codes
    named = ("inspection_kind", "violation_kind", "violation_measure")
    return {name: {o.code: (o.en or o.zh) if english else o.zh for o in codes[name]} for name in named}


def _given(sent: Posted, what: Kind) -> dict[str, Any]:
    out: dict[str, Any] = {name: sent.one(name) or None for name in findings.NAMED[what]}
    for name in DAYS:
        if out.get(name):
            try:
                out[name] = dt.date.fromisoformat(out[name])
            except ValueError:
                raise BadInput("日期写作 2026-11-25 / a day is written 2026-11-25", where=name) from None
    if out.get("amount_yuan"):
        try:
            out["amount_yuan"] = Decimal(out["amount_yuan"].replace(",", "").replace("，", ""))
            if not out["amount_yuan"].is_finite():
                raise InvalidOperation
        except InvalidOperation:
            raise BadInput("金额为数字，单位元 / an amount in yuan is a number", where="amount_yuan") from None
    out["dangers"] = [int(v) for v in sent.get("dangers", []) if v.isascii() and v.isdigit() and len(v) < 16][: finding.HUNG]
    return out


def _form(request: Request, id: int, what: Kind, sent: Posted | None = None, fault: Problem | None = None) -> Response:
    layer, language = desk(request).catalogue.layer(LAYER), reader(request).language
    if not may(actor(request).role, "danger.report"):
        raise NotFound("没有这个页面 / no such page", where=what)
    with reading(request) as conn:
        record = form.record_of(conn, layer, id, actor(request), now())
        records = enterprises.records(conn, id, today())
        dangers = [d for d in enterprises.dangers(conn, [r["id"] for r in records], today()) if d["state"] not in ("closed", "withdrawn")]
    told = fault and {"title": half(fault.title, language), "remedy": half(fault.remedy or "", language), "where": str(fault.where or "")}
    return framed(request, "finding_new.html", "/enterprises", status=fault.status if fault else 200, what=what, record=record, records=records,
                  dangers=dangers, said=said(request), key=uuid.uuid4().hex, sent=sent or Posted(), fault=told, today=today())  # fmt: skip
