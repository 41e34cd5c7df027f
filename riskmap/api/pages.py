"""The page `/`, its static files and the headers that keep it to itself."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse

from riskmap import page
from riskmap.api.assets import Assets
from riskmap.api.deps import actor, csrf, desk
from riskmap.core.life_cycle import DECIDERS
from riskmap.flows.review import REASONS
from riskmap.page.desk import desk as page_desk
from riskmap.settings import settings

router = APIRouter(include_in_schema=False)

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


@router.get("/review")
def review_desk(request: Request, lang: str = "", theme: str = "") -> HTMLResponse:
    """The review desk. What it shows is asked of the API."""
    s, nonce, state = settings(), secrets.token_urlsafe(18), request.app.state
    who, at = actor(request), desk(request)
    html = page_desk(
        web_dir=s.web_dir,
        nonce=nonce,
        language=lang if lang in page.LANGUAGES else s.language,
        theme=theme if theme in ("dark", "light") else "",
        user=named(request),
        csrf=csrf(request),
        decides=who.role in DECIDERS,
        phrases=[option.model_dump() for option in at.catalogue.codes[REASONS]],
    )
    return HTMLResponse(html, headers=guarded(nonce, getattr(state, "tile_origins", "")))


@router.get("/")
def one_map(request: Request, lang: str = "", theme: str = "", mode: str = "") -> HTMLResponse:
    """The one map. Everything else in the query string is the client's; unknown values fall back, they are never echoed."""
    s = settings()
    nonce = secrets.token_urlsafe(18)
    state: Any = request.app.state
    html = page.live(
        web_dir=s.web_dir,
        layers=list(getattr(state, "layers", ())),
        nonce=nonce,
        language=lang if lang in page.LANGUAGES else s.language,
        theme=theme if theme in ("dark", "light") else "",
        mode="wall" if mode == "wall" else "",
        user=named(request),
        csrf=csrf(request),
    )
    return HTMLResponse(html, headers=guarded(nonce, getattr(state, "tile_origins", "")))


def named(request: Request) -> str:
    """The reader's unit and name, as the top bar shows them."""
    who = actor(request)
    return f"{who.unit}・{who.name}" if who.unit else who.name


def mount(app: FastAPI, dependencies: Sequence[Any]) -> None:
    """Add `/` and `/static`. Called last: the API's routes come first."""
    s = settings()
    app.include_router(router, dependencies=dependencies)
    # of a layer's folder only the icon is served, never its declaration or its sample
    app.mount("/static/layers", Assets(s.layers_dir, allowed=lambda path: path.endswith("/icon.svg")), name="icons")
    for name in ("css", "js", "vendor", "i18n"):
        joined = {"page.css": page.STYLES} if name == "css" else None
        app.mount(f"/static/{name}", Assets(s.web_dir / name, joined=joined, scripts=name == "js"), name=name)
