"""Hidden dangers over HTTP: the list, one with its history and next steps, registered, moved; statistics and the export."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Annotated, Any, Literal
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Body, Header, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from riskmap import writers
from riskmap.api.deps import Json, actor, client_key, desk, now, once, reading, today, writing
from riskmap.api.leaving import mark
from riskmap.api.records import version_of
from riskmap.core import danger
from riskmap.errors import BadInput
from riskmap.flows import danger as loop
from riskmap.store import dangers, journal
from riskmap.store.dangers import Asked
from riskmap.store.query import Conn

router = APIRouter(prefix="/api/dangers", tags=["hidden dangers"])

Id = Annotated[int, Field(ge=1, lt=2**62)]
IfMatch = Annotated[str, Header()]
Text = Annotated[str, Field(max_length=200)]
Long = Annotated[str, Field(max_length=2000)]
Day = Annotated[dt.date, Field(ge=dt.date(1990, 1, 1), le=dt.date(2100, 1, 1))]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Found(Strict):
    """A hidden danger of a risk source. Deadline, unit and person given: it is listed at once."""

    feature_id: Id
    title: Long
    grade: Literal["general", "major"]
    found_on: Day | None = None
    code: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    criterion: Annotated[str, Field(max_length=40)] | None = None
    basis: Long | None = None
    deadline_on: Day | None = None
    unit: Text | None = None
    person: Text | None = None
    note: Long | None = None


class Given(Strict):
    """What a move needs, as `steps` of the danger tells."""

    deadline_on: Day | None = None
    unit: Text | None = None
    person: Text | None = None
    asked_on: Day | None = None
    supervision: Literal["district", "city", "national"] | None = None
    note: Long | None = None
    attachment: Text | None = None
    happened_on: Day | None = None


class Wanted(Strict):
    """The filter of the list."""

    filters: dict[str, Text] = {}


NAMES = ("state", "grade", "overdue", "district", "sector", "feature", "enterprise", "q")


def asked_of(values: dict[str, str]) -> Asked:
    """The filter of list, statistics and export: commas between several, `-` for a district or sector that is not known. Raises BadInput."""
    if unknown := sorted(set(values) - set(NAMES)):
        raise BadInput("没有这个筛选 / no such filter", where=", ".join(unknown)[:80], remedy=", ".join(NAMES))

    def many(name: str, known: tuple[str, ...] = ()) -> list[str] | None:
        found = [v for v in values.get(name, "").split(",") if v][:60]
        if known and (bad := [v for v in found if v not in known]):
            raise BadInput("没有这个取值 / no such value", where=f"{name}: {bad[0][:40]}", remedy=", ".join(known))
        return ["" if v == "-" else v for v in found] or None

    def number(name: str) -> int | None:
        text = values.get(name, "")
        if text and not (text.isascii() and text.isdigit() and len(text) < 19):
            raise BadInput("须为编号 / a number", where=name)
        return int(text) if text else None

    if any("\x00" in v or len(v) > 200 for v in values.values()):
        raise BadInput("筛选里有不能用的字符 / a filter holds what is no text", where="q")
    late = many("overdue", ("yes", "no"))
    states = many("state", (*danger.STATES, "open"))
    if states and "open" in states:
        states = sorted({*states, *(s for s in danger.STATES if s not in danger.ENDED)} - {"open"})
    return Asked(states, many("grade", ("general", "major")), many("district"), many("sector"),
                 None if late is None or len(late) > 1 else late == ["yes"], number("feature"), number("enterprise"),
                 values.get("q", "").strip() or None)  # fmt: skip


def query_of(request: Request, *beside: str) -> dict[str, str]:
    return {k: v for k, v in request.query_params.items() if k not in beside and v}


def cursor_of(row: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([row["ended"], row["due_on"], row["id"]])).decode().rstrip("=")


def after_of(cursor: str) -> tuple[bool, str, int] | None:
    """Raises BadInput for a cursor that is not ours."""
    if not cursor:
        return None
    try:
        ended, on, id = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not (isinstance(ended, bool) and isinstance(id, int) and 0 < id < 2**62 and isinstance(on, str)):
            raise ValueError
        if on != "infinity":
            on = dt.date.fromisoformat(on).isoformat()
        return ended, on, id
    except (ValueError, TypeError):
        raise BadInput("翻页参数无效 / not a cursor of ours", where="cursor", remedy="从第一页开始 / begin at the first page") from None


@router.get("")
def listed(
    request: Request, state: Text = "", grade: Text = "", overdue: Text = "", district: Text = "", sector: Text = "", feature: Text = "",
    enterprise: Text = "", q: Text = "", limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: Annotated[str, Query(max_length=200)] = "",
) -> Json:  # fmt: skip
    """Open before ended, the earliest deadline first; with the counts of all that is asked for."""
    asked = asked_of(query_of(request, "limit", "cursor"))
    with reading(request) as conn:
        rows = dangers.page(conn, asked, today(), limit + 1, after_of(cursor))
        counts = danger.figures(dangers.facts(conn, asked, today()), today())
    more = len(rows) > limit
    rows = rows[:limit]
    return Json({"items": [plain(r) for r in rows], "counts": counts, "next": cursor_of(rows[-1]) if more else None})


@router.get("/stats")
def stats(
    request: Request, state: Text = "", grade: Text = "", overdue: Text = "", district: Text = "", sector: Text = "", feature: Text = "",
    enterprise: Text = "", q: Text = "",
) -> Json:  # fmt: skip
    """Closing rate, time kept, mean days, overdue: all, by district, by sector, by month, each with its formula. What cannot be told is null."""
    with reading(request) as conn:
        return Json(loop.statistics(conn, asked_of(query_of(request)), now()))


@router.post("")
def register(request: Request, body: Found) -> Json:
    """Put a hidden danger on record."""

    def act(conn: Conn) -> tuple[int, Any]:
        return 201, loop.register(conn, desk(request).catalogue, body.model_dump(), actor(request), now())

    return once(request, ["danger", body.model_dump()], act)


@router.post("/export")
def export(request: Request, body: Annotated[Wanted, Body()]) -> Response:
    """The filtered list as a workbook; written into the audit first."""
    client_key(request)
    return workbook(request, body.filters)


@router.get("/{id}")
def one(request: Request, id: Id) -> Json:
    """One with its history and the moves that stand now: whether the asker may, and why not."""
    with reading(request) as conn:
        found = loop.opened(conn, id, actor(request), now())
    return Json(found, headers={"ETag": f'"{found["version"]}"'})


@router.post("/{id}/{move}")
def moved(request: Request, id: Id, move: Annotated[str, Field(max_length=20)], body: Given, if_match: IfMatch = "") -> Json:
    """Make a move at the version named by If-Match."""
    version = version_of(if_match)

    def act(conn: Conn) -> tuple[int, Any]:
        return 200, loop.move(conn, id, version, move, body.model_dump(), actor(request), now())

    return once(request, [id, move, version, body.model_dump()], act)


def plain(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k not in ("ended", "due_on")}


HEADINGS = (
    ("code", "隐患编号"), ("title", "隐患内容"), ("grade", "隐患级别"), ("state", "状态"), ("overdue", "逾期"), ("feature_code", "风险源编号"),
    ("feature_name", "风险源"), ("district", "所在区"), ("sector", "行业"), ("found_on", "发现日期"), ("deadline_on", "整改期限"),
    ("unit", "责任单位"), ("person", "整改责任人"), ("happened_on", "状态日期"), ("supervision", "挂牌督办"), ("criterion", "判定标准"),
    ("basis", "判定依据"),
)  # fmt: skip
COLUMNS = [writers.Column(name, words, "date" if name.endswith("_on") else "text") for name, words in HEADINGS]
SUPERVISION = {"district": "区级", "city": "市级", "national": "国家级"}
MOST = 100_000


def words(request: Request) -> dict[str, dict[str, str]]:
    """Codes → Chinese words: state, grade, criterion, district, sector."""
    at = desk(request)
    codes = at.catalogue.codes
    kinds = at.catalogue.options(at.catalogue.layer(loop.LAYER).fields()["kind"])
    return {"state": {o.code: o.zh for o in codes["danger_state"]}, "grade": {o.code: o.zh for o in codes["danger_grade"]},
            "criterion": {o.code: o.zh for o in codes["danger_criterion"]}, "district": {d.code: d.name for d in at.gazetteer.districts},
            "sector": {o.code: o.zh for o in kinds}, "supervision": SUPERVISION}  # fmt: skip


def workbook(request: Request, filters: dict[str, str]) -> Response:
    """The audited export."""
    asked, who, at = asked_of({k: v for k, v in filters.items() if v}), actor(request), now()
    said = words(request)
    with writing(request) as conn:
        rows = dangers.page(conn, asked, today(), MOST)
        journal.audit(conn, who, "danger.export", layer=loop.LAYER, after={"filters": filters, "rows": len(rows)})
    for r in rows:
        r["district"] = r["district_code"]
        r["overdue"] = "是" if r["overdue"] else "否" if r["deadline_on"] or r["ended"] else "期限未知"
        r |= {k: known.get(r[k], r[k]) for k, known in said.items() if r[k]}
    content = writers.write("xlsx", "隐患台账", COLUMNS, rows, mark(who.unit, who.name, at))
    name = f"隐患台账-{at.astimezone(dt.timezone(dt.timedelta(hours=8))):%Y%m%d-%H%M}-{len(rows)}.xlsx"
    headers = {"Content-Disposition": f"attachment; filename=\"dangers.xlsx\"; filename*=UTF-8''{quote(name)}", "X-Rows": str(len(rows))}
    return Response(content, media_type=writers.MEDIA["xlsx"], headers=headers)
