"""待办与动态 over HTTP: what waits for the reader, what happened lately; as a page and as data."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from riskmap.api.deps import Json, actor, desk, now, reading
from riskmap.api.framed import framed, reader
from riskmap.core.role import ROLES
from riskmap.errors import BadInput
from riskmap.flows import activity
from riskmap.flows.survey import BEIJING

router = APIRouter()

PAGE = 50


@router.get("/api/waiting", tags=["activity"])
def waiting(request: Request) -> Json:
    """Kinds of work that wait for the asker: key, how many, since when, and the page it is done on."""
    with reading(request) as conn:
        found = activity.waiting(conn, actor(request), now())
    return Json({"count": sum(one["n"] for one in found), "items": found})


@router.get("/api/activity", tags=["activity"])
def feed(request: Request, before: Annotated[str, Query(max_length=40)] = "", limit: Annotated[int, Query(ge=1, le=200)] = PAGE) -> Json:
    """What happened in what the asker sees, the latest first; `next` is the `before` of the page that follows."""
    with reading(request) as conn:
        found = activity.feed(conn, _instant(before), limit)
    return Json({"items": found, "next": found[-1]["at"].isoformat() if len(found) == limit else None})


@router.get("/activity", include_in_schema=False)
def page(request: Request, before: Annotated[str, Query(max_length=40)] = "") -> HTMLResponse:
    """What waits, and below it what happened, by day."""
    with reading(request) as conn:
        work = activity.waiting(conn, actor(request), now())
        found = activity.feed(conn, _instant(before), PAGE)
        days: dict[str, list[dict[str, Any]]] = {}
        for one in found:
            one["local"] = one["at"].astimezone(BEIJING)
            days.setdefault(f"{one['local']:%Y-%m-%d}", []).append(one)
        english = reader(request).language == "en"
        layers = {name: layer.label.en if english else layer.label.zh for name, layer in desk(request).catalogue.layers.items()}
        after = found[-1]["at"].isoformat() if len(found) == PAGE else ""
        return framed(request, "activity.html", "/activity", conn=conn, work=work, days=days, layers=layers, after=after, before=before,
                      roles=ROLES, works=activity.works(actor(request)))  # fmt: skip


def _instant(text: str) -> dt.datetime:
    if not text:
        return now() + dt.timedelta(minutes=5)
    try:
        found = dt.datetime.fromisoformat(text.replace(" ", "+"))
        if found.tzinfo is None or not 1990 < found.year < 2200:
            raise ValueError
    except ValueError:
        raise BadInput("时间写作 2026-11-25T08:00:00+00:00 / an instant with its zone", where="before") from None
    return found
