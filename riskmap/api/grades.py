"""Grades over HTTP: cells, districts, the 定级说明卡, the 降级清单, what-if."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from riskmap.api.deps import Json, client_key, now, reading, today
from riskmap.errors import BadInput, Unavailable
from riskmap.flows import card, hexagon, movement, standings
from riskmap.flows.grade import Graded
from riskmap.flows.grader import Grader
from riskmap.flows.picture import Box

router = APIRouter(prefix="/api", tags=["grades"])
WAIT_S = 10.0  # a reader who comes while the first run is on waits for it


class Question(BaseModel):
    """What if these hidden dangers were closed and these sources gone?"""

    model_config = ConfigDict(extra="forbid")

    district: Annotated[str, Field(pattern=r"^\d{6}$")]
    rectify: Annotated[list[int], Field(max_length=500)] = []
    retire: Annotated[list[int], Field(max_length=500)] = []


@router.get("/cells")
def cells(
    request: Request,
    resolution: Annotated[int, Query(ge=5, le=9)] = 7,
    bbox: str | None = None,
    encoding: Annotated[str, Query(pattern="^(hex|delta)$")] = "hex",
) -> Response:
    """Columns cell, risk, level, count, worst of the cells that touch the box. ETag by grading run."""
    grader, graded = current(request)
    tag = f'"{graded.run_id}-{graded.engine.revision}-{resolution}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=0, must-revalidate"}
    if request.headers.get("If-None-Match") == tag:
        return Response(status_code=304, headers=headers)
    body = grader.picture.answer(graded.engine, graded.run_id, resolution, box(bbox), encoding == "delta")
    return Response(body, media_type="application/json", headers=headers)


@router.get("/districts")
def districts(request: Request, as_of: dt.date | None = None) -> Json:
    """Every district with 固有 and 现状, D, T, ranks and confidence; the run they come from, or with `as_of` a past day's closing."""
    grader: Grader | None = request.app.state.grader
    if as_of is not None:
        _come(as_of)
        if grader is None or grader.graded is None or as_of != grader.graded.as_of:
            return _closed(request, as_of)
    with reading(request) as conn:
        return Json(standings.districts(conn, grader.graded if grader else None))


@router.get("/districts/{code}/grade")
def grade(request: Request, code: str, as_of: dt.date | None = None) -> Json:
    """定级说明卡 as data; with `as_of` as a past day's closing saw it."""
    grader, graded = current(request)
    if as_of is not None:
        _come(as_of)
    past = as_of is not None and as_of != graded.as_of
    if past and as_of:
        with reading(request) as conn:
            if (kept := card.remembered_card(conn, graded, code, as_of)) is not None:
                return Json(kept)
    shown = grader.replayed(as_of, now()) if past and as_of else graded
    with reading(request) as conn:
        return Json(card.district_card(conn, shown, code, None if past else grader.firm))


@router.get("/districts/{code}/downgrade")
def downgrade(request: Request, code: str) -> Json:
    """降级清单: a proposed list, greedy by recomputed Δ, for the shown grade."""
    _, graded = current(request)
    with reading(request) as conn:
        return Json(card.downgrade_list(conn, graded, code))


@router.get("/districts/{code}/changes")
def moved(request: Request, code: str) -> Json:
    """今日较上次关账: what moved D since the last closing, source by source. Nulls where no closing has records under it."""
    grader, graded = current(request)
    with reading(request) as conn:
        day = movement.last_closing(conn, graded, code)
    past = grader.replayed(day, now()) if day else None
    with reading(request) as conn:
        return Json(movement.since(conn, graded, past, code))


@router.get("/cells/{cell}")
def cell(request: Request, cell: str) -> Json:
    """Why a cell of resolution 5 to 9 has its colour. Coarser ones are D of their children; another resolution is 422."""
    _, graded = current(request)
    with reading(request) as conn:
        return Json(hexagon.cell_card(conn, graded, cell))


@router.post("/whatif")
def whatif(request: Request, question: Question) -> Json:
    """Recomputed grades; nothing is written, no journal kept: a repeat is worked out anew and harmless.

    The Idempotency-Key is asked for because every POST asks for one.
    """
    client_key(request)
    _, graded = current(request)
    with reading(request) as conn:
        return Json(card.try_out(conn, graded, question.district, question.rectify, question.retire))


def _come(day: dt.date) -> None:
    """BadInput for a day that is yet to come."""
    if day > today():
        raise BadInput(f"{day} 还没有到 (is yet to come)", where="as_of", remedy=str(today()))


def _closed(request: Request, day: dt.date) -> Json:
    """A past day from its closings, else replayed."""
    with reading(request) as conn:
        if (kept := standings.closed(conn, day)) is not None:
            return Json(kept)
    grader, _ = current(request)
    past = grader.replayed(day, now())
    with reading(request) as conn:
        return Json(standings.replayed(conn, past))


def box(text: str | None) -> Box | None:
    """`w,s,e,n` in WGS 84 degrees. BadInput says what is wrong."""
    if not text:
        return None
    try:
        west, south, east, north = (float(v) for v in text.split(","))
    except ValueError:
        west = south = east = north = float("nan")
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadInput(f"范围不可用: {text[:80]} (not a box)", where="bbox", remedy="bbox=西,南,东,北 west,south,east,north")
    return west, south, east, north


def current(request: Request) -> tuple[Grader, Graded]:
    """The grader and the city as graded now. Raises Unavailable while there is none."""
    grader: Grader | None = request.app.state.grader
    if grader is None:
        raise Unavailable("本进程不定级 (this process does not grade)", remedy="由主服务回答 ask the main server")
    if grader.graded is None:
        try:
            grader.wait(timeout_s=WAIT_S)
        except TimeoutError:
            raise Unavailable(
                "正在定级, 请稍候 (the city is being graded)", remedy="几秒后重试 try again in a few seconds"
            ) from None
    graded: Any = grader.graded
    if graded is None:
        raise Unavailable("正在定级, 请稍候 (the city is being graded)", remedy="几秒后重试 try again in a few seconds")
    return grader, graded
