"""The audit for the auditor: by who, what, when and record; a page that works without JavaScript, data, and an export that is audited itself."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

import orjson
from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from riskmap import writers
from riskmap.api.deps import Json, actor, client_key, desk, now, reading, writing
from riskmap.api.framed import framed, reader
from riskmap.api.leaving import mark
from riskmap.api.posted import Form
from riskmap.core.layer import PERSONAL
from riskmap.core.mask import veiled
from riskmap.core.role import ROLES
from riskmap.errors import BadInput, Problem
from riskmap.flows.survey import BEIJING
from riskmap.page.people import half
from riskmap.store import audit, journal

router = APIRouter(tags=["people"])
LAST = 2**62 - 1
PAGE = 50
MOST = 100_000  # rows of one export
NAMES = ("actor", "operation", "result", "layer", "object", "since", "until")
PERSONS = {"person": "person", "contact": "person", "phone": "phone", "contact_phone": "phone"}  # of ledgers and papers, beside the layers' own

Word = Annotated[str, Field(max_length=64)]
Day = Annotated[dt.date, Field(ge=dt.date(1990, 1, 1), le=dt.date(2100, 1, 1))]


class Wanted(BaseModel):
    """Who (login), what (operation), with which result, on which record, in which days of Beijing, both inclusive."""

    model_config = ConfigDict(extra="forbid")
    actor: Word | None = None
    operation: Word | None = None
    result: Literal["done", "refused"] | None = None
    layer: Word | None = None
    object: Annotated[int, Field(ge=1, lt=2**62)] | None = None
    since: Day | None = None
    until: Day | None = None


def asked_of(wanted: Wanted) -> audit.Asked:
    """Raises BadInput for days in the wrong order, and for what is no text."""
    if wanted.since and wanted.until and wanted.until < wanted.since:
        raise BadInput("止日早于起日 / the last day is before the first", where="until")
    texts = [wanted.actor, wanted.operation, wanted.layer]
    if any("\x00" in text for text in texts if text):
        raise BadInput("筛选里有不能用的字符 / a filter holds what is no text", where="filter")
    until = wanted.until + dt.timedelta(days=1) if wanted.until else None
    return audit.Asked(wanted.actor or None, wanted.operation or None, wanted.result, wanted.layer or None, wanted.object,
                       _midnight(wanted.since), _midnight(until))  # fmt: skip


def _midnight(day: dt.date | None) -> dt.datetime | None:
    return None if day is None else dt.datetime(day.year, day.month, day.day, tzinfo=BEIJING)


@router.get("/api/audit")
def trail(
    request: Request, actor: Word | None = None, operation: Word | None = None, result: Literal["done", "refused"] | None = None,
    layer: Word | None = None, object: Annotated[int | None, Query(ge=1, lt=2**62)] = None, since: Day | None = None, until: Day | None = None,
    before: Annotated[int, Query(ge=1, lt=2**62)] = LAST, limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Json:  # fmt: skip
    """The audit, newest first, in pages: `before` is the last id seen. Persons and phones are masked, as everywhere."""
    wanted = Wanted(actor=actor, operation=operation, result=result, layer=layer, object=object, since=since, until=until)
    with reading(request) as conn:
        found = audit.page(conn, asked_of(wanted), before, limit)
    return Json({"rows": _masked(request, found), "next": found[-1]["id"] if len(found) == limit else None})


@router.post("/api/audit/export")
def export(request: Request, body: Annotated[Wanted, Body()]) -> Response:
    """What is asked for as a workbook; written into the audit first."""
    client_key(request)
    return _workbook(request, body)


@router.get("/audit", include_in_schema=False)
def board(request: Request, before: Annotated[int, Query(ge=1, lt=2**62)] = LAST) -> HTMLResponse:
    """The audit with its filter."""
    given = {k: v.strip() for k, v in request.query_params.items() if k in NAMES and v.strip()}
    fault, rows = None, []
    with reading(request) as conn:
        known = audit.operations(conn)
        try:
            rows = audit.page(conn, asked_of(_wanted(given)), before, PAGE + 1)
        except Problem as told:
            fault = told
        after = urlencode(given | {"before": rows[PAGE - 1]["id"]}) if len(rows) > PAGE else ""
        language = reader(request).language
        roles = {role: names[1 if language == "en" else 0] for role, names in ROLES.items()}
        layers = {name: (one.label.en if language == "en" else one.label.zh) for name, one in desk(request).catalogue.layers.items()}
        return framed(request, "audit.html", "/audit", conn=conn, status=fault.status if fault else 200, rows=_masked(request, rows[:PAGE]),
                      asked=given, operations=[(one, one) for one in known], roles=roles, layers=layers, after=after, paged=before != LAST,
                      key=uuid.uuid4().hex, link=urlencode(given), shown=_shown, text=_text,
                      fault=[half(part, language) for part in (fault.title, fault.where or "")] if fault else None)  # fmt: skip


@router.post("/audit/export", include_in_schema=False)
def export_form(request: Request, sent: Form) -> Response:
    """What the page shows, all of its pages, as a workbook."""
    return _workbook(request, _wanted({k: sent.one(k) for k in NAMES if sent.one(k)}))


def _wanted(given: dict[str, str]) -> Wanted:
    """The filter of a form. Raises BadInput, which names the field."""
    try:
        return Wanted.model_validate(given)
    except ValueError as fault:
        where = ", ".join(str(e["loc"][0]) for e in fault.errors())  # type: ignore[attr-defined]
        raise BadInput("筛选不合要求 / the filter is not valid", where=where, remedy="日期写作 2026-11-25 / a day is written 2026-11-25") from None


def _masked(request: Request, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kinds = PERSONS | {f.name: f.type for layer in desk(request).catalogue.layers.values() for f in layer.field if f.type in PERSONAL}
    return [r | {"before": veiled(r["before"], kinds), "after": veiled(r["after"], kinds)} for r in rows]


HEADINGS = (
    ("id", "序号", "number"), ("at", "时间", "text"), ("actor", "登录名", "text"), ("role", "角色", "text"), ("address", "来源地址", "text"),
    ("operation", "操作", "text"), ("layer", "图层", "text"), ("object_id", "对象编号", "number"), ("result", "结果", "text"),
    ("before", "变更前", "text"), ("after", "变更后", "text"), ("request_id", "请求号", "text"),
)  # fmt: skip
RESULTS = {"done": "完成", "refused": "拒绝"}


def _workbook(request: Request, wanted: Wanted) -> Response:
    asked, who, at = asked_of(wanted), actor(request), now()
    with writing(request) as conn:
        rows = _masked(request, audit.page(conn, asked, LAST, MOST))
        after = {"filters": wanted.model_dump(mode="json", exclude_none=True), "rows": len(rows), "truncated": len(rows) == MOST}
        journal.audit(conn, who, "audit.export", after=after)
    for r in rows:
        r["at"], r["role"], r["result"] = _shown(r["at"]), ROLES.get(r["role"], (r["role"],))[0], RESULTS.get(r["result"], r["result"])
        r["before"], r["after"] = _text(r["before"]), _text(r["after"])
    content = writers.write("xlsx", "审计", [writers.Column(*c) for c in HEADINGS], rows, mark(who.unit, who.name, at))
    name = f"审计-{at.astimezone(BEIJING):%Y%m%d-%H%M}-{len(rows)}.xlsx"
    headers = {"Content-Disposition": f"attachment; filename=\"audit.xlsx\"; filename*=UTF-8''{quote(name)}", "X-Rows": str(len(rows))}
    return Response(content, media_type=writers.MEDIA["xlsx"], headers=headers)


def _shown(at: dt.datetime) -> str:
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def _text(value: Any) -> str:
    """What stood before or after, as it can be read; nothing where there was nothing."""
    return "" if value is None else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
