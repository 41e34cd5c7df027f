"""The page `/`, its static files and the headers that keep it to itself."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse

from riskmap import page
from riskmap.api.assets import Assets
from riskmap.settings import settings

router = APIRouter(include_in_schema=False)

_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data: blob:{tiles}; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)


def policy(nonce: str, tiles: str = "") -> str:
    """Content-Security-Policy of a page; `tiles` are the origins of configured tile sources, none by default."""
    return _POLICY.format(nonce=nonce, tiles=f" {tiles}" if tiles else "")


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
        user=getattr(state, "user_label", ""),
    )
    headers = {
        "Content-Security-Policy": policy(nonce, getattr(state, "tile_origins", "")),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
        "X-Frame-Options": "SAMEORIGIN",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
    }
    return HTMLResponse(html, headers=headers)


def mount(app: FastAPI) -> None:
    """Add `/` and `/static`. Called last: the API's routes come first."""
    s = settings()
    app.include_router(router)
    # of a layer's folder only the icon is served, never its declaration or its sample
    app.mount("/static/layers", Assets(s.layers_dir, allowed=lambda path: path.endswith("/icon.svg")), name="icons")
    for name in ("css", "js", "vendor", "i18n"):
        joined = {"page.css": page.STYLES} if name == "css" else None
        app.mount(f"/static/{name}", Assets(s.web_dir / name, joined=joined, scripts=name == "js"), name=name)
