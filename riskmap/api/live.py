"""One stream of events a browser: what changed, as its reader may know it. It speaks every ten seconds, so that silence means trouble."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from riskmap.api.allowed import signed_in
from riskmap.api.deps import actor, now, reading
from riskmap.errors import Problem
from riskmap.flows.live import Bell, Story, last

router = APIRouter(tags=["live"])

BEAT_S = 10.0
GATHER_S = 0.15  # what changes together is told together


@router.get("/api/live")
async def stream(request: Request, since: Annotated[int | None, Query(ge=0, lt=2**62)] = None) -> StreamingResponse:
    """`changed` with {kind, layer, ids}, `beat` with the server's time. Goes on after Last-Event-ID, or after `since`."""
    said = request.headers.get("Last-Event-ID", "")
    after = int(said) if said.isascii() and said.isdigit() and len(said) < 19 else since
    if after is None:
        after = await run_in_threadpool(_newest, request)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_told(request, Story(after)), media_type="text/event-stream", headers=headers)


def _newest(request: Request) -> int:
    with reading(request) as conn:
        return last(conn)


async def _told(request: Request, story: Story) -> AsyncIterator[bytes]:
    """Events until the browser leaves or the session ends."""
    bell: Bell = request.app.state.bell
    loop, rung = asyncio.get_running_loop(), asyncio.Event()
    number = bell.listen(lambda: loop.call_soon_threadsafe(rung.set))
    try:
        yield b"retry: 1000\n" + _beat()
        while True:
            try:
                news = await run_in_threadpool(_news, request, story)
            except Problem:  # the database is away: say nothing, and the screen says that it hears nothing
                news = []
                await asyncio.sleep(1)
                rung.set()
            else:
                if news is None:
                    return
                for one in news:
                    yield b"id: %d\nevent: changed\ndata: %b\n\n" % (one.pop("id"), orjson.dumps(one))
                if not news:
                    yield _beat()
            try:
                await asyncio.wait_for(rung.wait(), BEAT_S)
                await asyncio.sleep(GATHER_S)
            except TimeoutError:
                pass
            rung.clear()
    finally:
        bell.forget(number)


def _beat() -> bytes:
    return b'event: beat\ndata: {"at": "%b"}\n\n' % now().isoformat().encode()


def _news(request: Request, story: Story) -> list[dict[str, Any]] | None:
    """What is new to the reader; None once the session is no longer theirs."""
    if getattr(request.state, "signed", None) is not None:
        still = signed_in(request, request.app.state.db, request.app.state.settings)
        if still is None or still.actor != actor(request):
            return None
    with reading(request) as conn:
        return story.news(conn)
