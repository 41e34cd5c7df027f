"""The page `/`, the review desk, and the static files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse

from riskmap import page
from riskmap.api.assets import Assets
from riskmap.api.deps import actor, desk, reading
from riskmap.api.framed import framed, guarded, reader, waits
from riskmap.core.life_cycle import DECIDERS
from riskmap.flows.review import REASONS
from riskmap.page.navigation import bar
from riskmap.settings import settings
from riskmap.store import batches

router = APIRouter(include_in_schema=False)
MOST = 51  # waiting batches that are counted


@router.get("/review")
def review_desk(request: Request) -> HTMLResponse:
    """The review desk. What it shows is asked of the API."""
    phrases = [option.model_dump() for option in desk(request).catalogue.codes[REASONS]]
    decides = actor(request).role in DECIDERS
    with reading(request) as conn:  # files wait apart: each is decided as a whole, on the page of its plan
        waiting = sum(one["actor"] != actor(request).id for one in batches.page(conn, None, True, MOST)) if decides else 0
        return framed(request, "review.html", "/review", script="review/main.js", leaflet=True, conn=conn, decides=decides, phrases=phrases,
                      waiting=waiting)  # fmt: skip


@router.get("/")
def one_map(request: Request, mode: str = "") -> HTMLResponse:
    """The one map. Everything else in the query string is the client's; unknown values fall back, they are never echoed."""
    who, state = reader(request), request.app.state
    layers: list[Any] = list(getattr(state, "layers", ()))
    waiting = None
    if mode != "wall":
        with reading(request) as conn:
            waiting = waits(request, conn)
    html = page.live(
        web_dir=settings().web_dir,
        layers=layers,
        nonce=who.nonce,
        language=who.language,
        theme=who.theme,
        mode="wall" if mode == "wall" else "",
        user=who.user,
        csrf=who.csrf,
        bar=bar(who.role, who.csrf, "/", waiting),
    )
    return HTMLResponse(html, headers=guarded(who.nonce, getattr(state, "tile_origins", "")))


def mount(app: FastAPI, dependencies: Sequence[Any]) -> None:
    """Add `/` and `/static`. Called last: the API's routes come first."""
    s = settings()
    app.include_router(router, dependencies=dependencies)
    # of a layer's folder only the icon is served, never its declaration or its sample
    app.mount("/static/layers", Assets(s.layers_dir, allowed=lambda path: path.endswith("/icon.svg")), name="icons")
    for name in ("css", "js", "vendor", "i18n"):
        joined = {"page.css": page.STYLES} if name == "css" else None
        app.mount(f"/static/{name}", Assets(s.web_dir / name, joined=joined, scripts=name == "js"), name=name)
