"""Our pages as answers: who looks, in which language and light, and the headers that keep a page to itself."""

from __future__ import annotations

import secrets
from contextlib import nullcontext
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from riskmap import page
from riskmap.api.deps import actor, csrf, now, reading, settings
from riskmap.flows import activity
from riskmap.page.navigation import Reader, drawn
from riskmap.store import features
from riskmap.store.query import Conn

_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data: blob:{tiles}; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)


def policy(nonce: str, tiles: str = "") -> str:
    """Content-Security-Policy of a page; `tiles` are the origins of configured tile sources, none by default."""
    return _POLICY.format(nonce=nonce, tiles=f" {tiles}" if tiles else "")


def guarded(nonce: str, tiles: str = "") -> dict[str, str]:
    """The headers of every page."""
    return {
        "Content-Security-Policy": policy(nonce, tiles),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
        "X-Frame-Options": "SAMEORIGIN",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
    }


def named(request: Request) -> str:
    """The reader's unit and name, as the top bar shows them."""
    who = actor(request)
    return f"{who.unit}・{who.name}" if who.unit else who.name


def reader(request: Request) -> Reader:
    """Who looks at a page; `?lang=` and `?theme=` are taken where they are known, and never echoed."""
    lang, theme = (request.query_params.get(name, "") for name in ("lang", "theme"))
    return Reader(
        user=named(request),
        role=actor(request).role,
        csrf=csrf(request),
        language=lang if lang in page.LANGUAGES else settings(request).language,
        theme=theme if theme in ("dark", "light") else "",
        nonce=secrets.token_urlsafe(18),
    )


def waits(request: Request, conn: Conn) -> int | None:
    """How much work waits for the reader, as the bell tells; None for who has no such work."""
    who = actor(request)
    return sum(one["n"] for one in activity.waiting(conn, who, now())) if activity.works(who) else None


def framed(
    request: Request, template: str, here: str, *, script: str = "", leaflet: bool = False, status: int = 200, conn: Conn | None = None, **more: Any
) -> HTMLResponse:
    """A page of ours by its template, with the top bar; `here` is its entry of riskmap/page/navigation.py.

    `conn`: the request's transaction where it is still open; a second one would hold two connections of the pool.
    """
    who = reader(request)
    with nullcontext(conn) if conn else reading(request) as asked:
        demo, waiting = features.demo(asked), waits(request, asked)
    html = drawn(settings(request).web_dir, template, who, here, script=script, leaflet=leaflet, demo=demo, bell=waiting, **more)
    tiles = getattr(request.app.state, "tile_origins", "")
    return HTMLResponse(html, status_code=status, headers=guarded(who.nonce, tiles))
