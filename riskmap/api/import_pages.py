"""The import screens: what may be imported and the batches there are, the upload, one batch's plan. They work without JavaScript."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from riskmap.api.batches import Every, Mend, edit_of
from riskmap.api.deps import actor, desk, now, once, reading, settings
from riskmap.api.forms import SYSTEMS
from riskmap.api.framed import framed, reader
from riskmap.api.imports import Upload, asked_rows, batch_of, received, staged, watched
from riskmap.api.posted import Form, Posted, prove
from riskmap.core.life_cycle import DECIDERS
from riskmap.core.role import may
from riskmap.errors import BadInput, Forbidden, NotFound, Problem
from riskmap.flows import batch as flow
from riskmap.flows import mend as mending
from riskmap.flows import plan, register
from riskmap.flows.survey import BEIJING
from riskmap.page.people import half
from riskmap.store import batches, plans
from riskmap.store.query import Conn

router = APIRouter(include_in_schema=False)

Batch = Annotated[int, Path(ge=1, lt=2**62)]
SIZE = 100  # rows a page
MOVES = {"mend": "import.propose", "submit": "import.propose", "withdraw": "import.propose", "ask-undo": "import.propose",
         "commit": "import.run", "return": "feature.decide", "approve": "feature.decide", "undo": "feature.decide"}  # fmt: skip
FILTER = ("outcome", "code", "heading", "at", "contains")


@router.get("/import")
def board(
    request: Request, whose: Literal["mine", "waiting", "all"] = "all", before: Annotated[int | None, Query(ge=1, lt=2**62)] = None
) -> HTMLResponse:
    """What may be imported, and the batches."""
    who = actor(request)
    with reading(request) as conn:
        found = batches.page(conn, who.id if whose == "mine" else None, whose == "waiting", 51, before)
    return framed(request, "imports.html", "/import", found=found[:50], more=found[49]["id"] if len(found) > 50 else None, whose=whose, me=who.id,
                  proposes=may(who.role, "import.propose"), layers=desk(request).catalogue.layers, zone=BEIJING)  # fmt: skip


@router.get("/import/{layer}")
def blank(request: Request, layer: str) -> HTMLResponse:
    """The upload."""
    return _blank(request, layer, None)


async def sent_file(request: Request) -> AsyncIterator[Upload]:
    """The upload's form: its token proven, its key at hand; closed with the request."""
    form = await received(request)
    try:
        prove(request, Posted({k: [str(form[k])] for k in ("csrf", "key") if isinstance(form.get(k), str)}))
        file = form.get("file")
        some = isinstance(file, UploadFile) and bool(file.filename)
        fields = {k: str(form[k]).strip() for k in ("crs", "district") if isinstance(form.get(k), str)}
        yield Upload(file.file if some else None, str(file.filename)[-200:] if some else "", fields)  # type: ignore[union-attr]
    finally:
        await form.close()


@router.post("/import/{layer}")
def upload(request: Request, layer: str, given: Annotated[Upload, Depends(sent_file)]) -> Response:
    """Read the file and plan it; then its plan."""
    try:
        if given.file is None:
            raise BadInput("还没有选择文件 / no file was chosen", where="file")
        answer = staged(request, layer, given)
    except Problem as fault:
        if fault.status in (403, 404, 428):
            raise
        return _blank(request, layer, fault)
    return RedirectResponse(f"/import/{layer}/{orjson.loads(answer.body)['id']}", status_code=303)


@router.get("/import/{layer}/{batch}")
def one(request: Request, layer: str, batch: Batch) -> Response:
    """The plan: counts, rows as asked for, what is said of them, the next steps."""
    return _one(request, layer, batch, dict(request.query_params))


@router.post("/import/{layer}/{batch}/{move}")
def moved(request: Request, layer: str, batch: Batch, move: Annotated[str, Path(max_length=20)], sent: Form) -> Response:
    """Make a move; where it is refused, the plan as it is now and why."""
    who, operation = actor(request), MOVES.get(move)
    if operation is None:
        raise NotFound("没有这一步 / no such step", where=move)
    if not may(who.role, operation):
        raise Forbidden("你的角色不能这样做 / not for your role", where=operation, remedy="权限表见 /roles / see /roles")
    asked = {k: sent.one(f"f_{k}") for k in FILTER if sent.one(f"f_{k}")}
    try:
        def act(conn: Conn) -> tuple[int, Any]:
            batch_of(conn, layer, batch)
            return 200, _done(request, conn, batch, move, sent, asked)

        with watched(request, "checking" if move == "mend" else "committing") as seen:
            seen.result = batch
            made = orjson.loads(once(request, [layer, batch, move, sent], act).body)
    except Problem as fault:
        if fault.status in (404, 428):
            raise
        return _one(request, layer, batch, asked, fault)
    said = {"done": move} | ({"n": len(made["mended"])} if move == "mend" else {}) | ({"n": made["split"]} if made.get("split") else {})
    return RedirectResponse(f"/import/{layer}/{batch}?{urlencode(said | (asked if move == 'mend' else {}))}", status_code=303)


def _done(request: Request, conn: Conn, batch: int, move: str, sent: Posted, asked: dict[str, str]) -> dict[str, Any]:
    """The move itself, by the flow the API takes too."""
    at, who, seen = desk(request), actor(request), sent.one("plan_hash")
    if move == "mend":
        return mending.mend(conn, at, batch, seen, _edit(sent, asked), who, settings(request).district_tolerance_m)
    if move == "submit":
        return flow.submit(conn, at, batch, seen, who, now(), note=sent.one("note"), accept_duplicates=bool(sent.one("duplicates")))
    if move == "commit":
        return register.commit(conn, at, batch, seen, who, now(), bool(sent.one("duplicates")))
    if move == "approve":
        return flow.approve(conn, at, batch, seen, who, now())
    if move == "return":
        return flow.send_back(conn, at, batch, seen, sent.one("reason"), who, now())
    if move == "ask-undo":
        return flow.ask_undo(conn, batch, sent.one("reason"), who, now())
    if move == "undo":
        return register.undo(conn, at, batch, who, now())
    return flow.withdraw(conn, batch, who, now())


def _edit(sent: Posted, asked: dict[str, str]) -> mending.Edit:
    """One value for a column of every row of the filter, or the proposals of one kind taken."""
    adopt, column = sent.one("adopt"), sent.one("column")
    if not adopt and not column:
        raise BadInput("请选择要改的列 / choose the column", where="column")
    every = Every(**{k: asked[k] for k in ("outcome", "code", "heading") if k in asked})
    if adopt:
        return edit_of(Mend(plan_hash="-" * 8, every=every.model_copy(update={"code": adopt}), adopt=adopt))
    if sent.one("only"):  # cells of this column that hold exactly this
        every = every.model_copy(update={"at": column, "equals": sent.one("equals")})
    elif "contains" in asked:
        every = every.model_copy(update={k: asked.get(k, "") for k in ("at", "contains")})
    return edit_of(Mend(plan_hash="-" * 8, every=every, cells={column: sent.one("value") or None}))


def _blank(request: Request, layer: str, fault: Problem | None) -> HTMLResponse:
    at = desk(request)
    declared = at.catalogue.layer(layer)
    return framed(request, "import_upload.html", "/import", script="import/upload.js", status=fault.status if fault else 200, layer=declared,
                  systems=SYSTEMS, districts=at.gazetteer.districts, key=uuid.uuid4().hex, most=settings(request).upload_max_bytes,
                  fault=_told(fault, reader(request).language))  # fmt: skip


def _one(request: Request, layer: str, batch: int, query: dict[str, str], fault: Problem | None = None) -> HTMLResponse:
    at, who, language = desk(request), actor(request), reader(request).language
    declared = at.catalogue.layer(layer)
    given = {k: query[k][:200] for k in FILTER if query.get(k)}
    asked = asked_rows(*(given.get(k, "") for k in ("outcome", "code", "heading", "at", "contains")), False)
    with reading(request) as conn:
        held = batch_of(conn, layer, batch)
        row = _number(query.get("row"))
        total, before = plans.count(conn, batch, asked, row)
        last = max(0, (total - 1) // SIZE)
        page = min(last, before // SIZE if row else max(0, _number(query.get("p"))))
        rows = plans.page(conn, batch, asked, SIZE, skip=page * SIZE)
        same = {k: getattr(asked, k) for k in ("outcome", "code", "heading", "at_heading", "contains")}
        bad = plans.page(conn, batch, plans.Asked(**same, fault=True), 1, after=rows[-1]["row_no"]) if rows else []
        said = plan.faults(conn, batch)
    mine = held["actor"] == who.id
    rows = plan.shown(rows, who, declared, held["mapping"])
    columns = plan.columns(at, declared, held["mapping"])
    return framed(
        request, "import_plan.html", "/import", script="import/main.js", status=fault.status if fault else 200, layer=declared, batch=held,
        rows=rows,
        columns=columns, drawn=[plan.drawn(one, columns, language) for one in rows], total=total, page=page, last=last,
        size=SIZE, asked=given, said=said,
        next_bad=bad[0]["row_no"] if bad else None, at_row=row, mine=mine,
        open=mine and held["state"] in mending.OPEN and may(who.role, "import.propose"),
        runs=mine and may(who.role, "import.run"), decides=not mine and who.role in DECIDERS, may=lambda operation: may(who.role, operation),
        taken=sum(held["counts"].get(k, 0) for k in flow.TAKEN), rest=sum(held["counts"].get(k, 0) for k in ("unchanged", "refused")),
        every=sum(held["counts"].get(k, 0) for k in plan.OUTCOMES), key=uuid.uuid4().hex, done=query.get("done") if not fault else None,
        n_done=_number(query.get("n")), lists=[_column(c, language) for c in columns], half=lambda text: plan.half(text, language),
        fault=_told(fault, language), outcomes=plan.OUTCOMES,
        link=lambda **more: "?" + urlencode({k: v for k, v in {**given, **more}.items() if v not in ("", None)}),
    )  # fmt: skip


def _column(c: plan.Column, language: str) -> dict[str, Any]:
    """A column as the grid's keys know it; options by their words, which the reader of files takes too."""
    words = [o.en or o.zh if language == "en" else o.zh for o in c.options][:400]
    return {"heading": c.heading, "label": c.label.en if language == "en" else c.label.zh, "fixed": c.constant, "options": words}


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _told(fault: Problem | None, language: str) -> dict[str, str] | None:
    return fault and {"title": half(fault.title, language), "remedy": half(fault.remedy or "", language), "where": str(fault.where or "")}
