"""For the operator: /healthz (the process lives), /readyz (it can do its work, with reasons), /metrics (Prometheus text)."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from riskmap.flows.health import Check, checks, ready
from riskmap.settings import Settings
from riskmap.store.database import Database

SECONDS = Histogram(
    "riskmap_request_seconds",
    "Time to answer, by route and method",
    ["route", "method"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
ANSWERS = Counter("riskmap_answers", "Answers by route and status class", ["route", "status"])
PATIENCE_S = 3.0
READY = Gauge("riskmap_ready", "1 when every readiness check passes")


def router(db: Database, settings: Settings) -> APIRouter:
    """The operator's routes; none of them needs a sign-in, none tells about records."""
    # Threads of their own and an async route: a frozen database holds every worker thread, and the operator must still be told.
    askers = ThreadPoolExecutor(2, "readyz")
    out = APIRouter(tags=["operator"], include_in_schema=False)

    @out.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @out.get("/readyz")
    async def readyz() -> JSONResponse:
        asked = asyncio.get_running_loop().run_in_executor(askers, checks, db, settings, dt.datetime.now(dt.UTC))
        try:
            found = await asyncio.wait_for(asyncio.shield(asked), PATIENCE_S)
        except TimeoutError:
            found = [Check("database", "fail", f"{PATIENCE_S:.0f} 秒内没有应答 no answer in time", "riskmap doctor")]
        well = ready(found)
        READY.set(well)
        body = {"status": "ready" if well else "not ready", "checks": [asdict(c) for c in found]}
        return JSONResponse(body, status_code=200 if well else 503, headers={} if well else {"Retry-After": "5"})

    @out.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return out


class Measured:
    """ASGI middleware: counts and times every answer under its route's pattern, so that ids never become labels."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, told)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            SECONDS.labels(route, scope["method"]).observe(time.perf_counter() - begun)
            ANSWERS.labels(route, f"{status // 100}xx").inc()
