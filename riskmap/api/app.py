"""The application: routes in order, one place where errors become answers."""

from __future__ import annotations

import gc
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from riskmap.api import (
    accounts,
    activity,
    attachments,
    audit,
    batches,
    catalogue,
    changes,
    city,
    command_pages,
    confirmations,
    danger_pages,
    dangers,
    dispatches,
    enterprises,
    exports,
    features,
    findings,
    forms,
    grades,
    hazards,
    import_pages,
    imports,
    incidents,
    keys,
    ledgers,
    lists,
    method_pages,
    methods,
    own,
    pages,
    papers,
    people_pages,
    records,
    reports,
    shelters,
    signin,
    stock,
    stock_pages,
    tiles,
)
from riskmap.api.allowed import OPERATION, Guard, Keeper, allowed
from riskmap.api.bounded import SLACK, Bounded
from riskmap.api.deps import Json
from riskmap.api.described import describe
from riskmap.api.gate import Loopback
from riskmap.api.health import Measured
from riskmap.api.health import router as health
from riskmap.api.kept import KEPT, Kept
from riskmap.api.refused import Refusals, fault_page, wants_page
from riskmap.api.zipped import Zipped
from riskmap.catalogue import load
from riskmap.core.actor import OFFICER
from riskmap.core.basemap import origins
from riskmap.errors import BadInput, Forbidden, Problem
from riskmap.flows.grader import Grader
from riskmap.flows.live import Bell
from riskmap.flows.oidc import Provider
from riskmap.flows.register import Desk
from riskmap.settings import Settings
from riskmap.store.database import Database
from riskmap.store.places import gazetteer

log = structlog.get_logger()

# In this order: a fixed word in a path (…/imports) comes before a placeholder that would take it.
FAMILIES = (
    catalogue,
    import_pages,
    imports,
    batches,
    features,
    records,
    changes,
    forms,
    attachments,
    dangers,
    danger_pages,
    exports,
    grades,
    methods,
    method_pages,
    hazards,
    enterprises,
    confirmations,
    findings,
    lists,
    activity,
    incidents,
    command_pages,
    papers,
    reports,
    dispatches,
    city,
    ledgers,
    stock,
    stock_pages,
    shelters,
    accounts,
    keys,
    people_pages,
    audit,
    own,
    tiles,
)


def create_app(settings: Settings, db: Database, *, grading: bool = True) -> FastAPI:
    """The product over HTTP. `grading` False leaves the grader out (a second process does it, or a test needs none)."""
    layers = load(settings.layers_dir, settings.data_dir / "codes")
    db.staff_layers = tuple(layers.staff_layers())
    grader = Grader(db, settings, layers) if grading else None

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        if grader:
            grader.start()
        # What stands now stands for good. Without this the collector walks through all of it every few hundred answers, a tenth of a second each.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        # A thread whose answer came from the database waits a millisecond for the interpreter, not five, while another makes its page.
        sys.setswitchinterval(0.001)
        yield
        if grader:
            grader.stop()

    app = FastAPI(
        title="城市风险一张图 riskmap",
        version="0.1.0",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=life,
    )
    with db.as_user(OFFICER) as conn:
        places = gazetteer(conn)
    app.state.settings, app.state.db, app.state.grader = settings, db, grader
    app.state.desk = Desk(layers, places, settings.soft_duplicate_m)
    app.state.layers = list(layers.layers.values())
    app.state.kept = Kept(KEPT)
    app.state.provider = Provider(settings)
    app.state.basemaps, app.state.archives = tiles.configured(settings)
    app.state.tile_origins = origins(app.state.basemaps)
    checked = [Depends(allowed)]
    app.include_router(health(db, settings), dependencies=checked)
    for family in (*FAMILIES, signin):
        app.include_router(family.router, dependencies=checked)
    pages.mount(app, checked)
    describe(app, OPERATION)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _broken)
    app.state.refusals, app.state.bell = Refusals(db), Bell(db)
    keeper = Keeper(db)
    app.add_middleware(Guard, keeper=keeper, db=db, settings=settings)
    app.add_middleware(Measured)
    app.add_middleware(Zipped)
    app.add_middleware(Bounded, most=settings.upload_max_bytes + SLACK)
    app.add_middleware(Named)
    app.add_middleware(Loopback, closed=keeper.closed, web_dir=settings.web_dir, behind_gate=settings.behind_gate)
    return app


class Named:
    """ASGI middleware: every request has an id, in its log lines, its audit rows and its answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = uuid.uuid4().hex[:16]
        scope.setdefault("state", {})["request_id"] = name
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=name)

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), (b"x-request-id", name.encode())]
            await send(message)

        await self.app(scope, receive, told)


def _answer(request: Request, body: dict[str, Any], status: int) -> Json:
    body["request_id"] = getattr(request.state, "request_id", "")
    headers = {"Retry-After": "5"} if status == 503 else {}
    return Json(body, status_code=status, media_type="application/problem+json", headers=headers)


def _problem(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, Problem)
    if isinstance(fault, Forbidden):
        request.app.state.refusals.tell(request, fault)
    if wants_page(request, fault):
        return fault_page(request, fault)
    return _answer(request, fault.document(), fault.status)


def _invalid(request: Request, fault: Exception) -> Json:
    assert isinstance(fault, RequestValidationError)
    places = [{"where": ".".join(str(p) for p in e["loc"]), "reason": e["msg"]} for e in fault.errors()][:20]
    where = "; ".join(p["where"] for p in places)
    fault_told = BadInput(
        "请求不合要求 / the request is not valid", where=where, remedy="见 details / see details", details=places
    )
    return _answer(request, fault_told.document(), fault_told.status)


def _http(request: Request, fault: Exception) -> Json:
    assert isinstance(fault, HTTPException)
    title = {404: "没有这个地址 / no such address", 405: "不支持这种方法 / method not allowed"}.get(
        fault.status_code, str(fault.detail)
    )
    return _answer(
        request,
        {"type": "urn:riskmap:problem:http", "title": title, "status": fault.status_code, "code": "http"},
        fault.status_code,
    )


def _broken(request: Request, fault: Exception) -> Json:
    log.error("unexpected", error=repr(fault), path=request.url.path, exc_info=fault)
    return _answer(
        request,
        {
            "type": "urn:riskmap:problem:internal",
            "title": "内部错误，已记录 / internal error, recorded",
            "status": 500,
            "code": "internal",
            "remedy": "把请求号告诉管理员 / give the request id to the administrator",
        },
        500,
    )
