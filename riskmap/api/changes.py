"""Proposals over HTTP: begun, saved, handed in, decided; the queue of them. Another organisation's is the same 404 as an absent one."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from riskmap.api.deps import Json, actor, desk, now, once, reading, writing
from riskmap.api.grades import current
from riskmap.api.records import plain_values, version_of
from riskmap.core import holding
from riskmap.core.life_cycle import KINDS, STATES, may_decide
from riskmap.errors import BadInput, Precondition
from riskmap.flows import propose, review, succession
from riskmap.store import changes
from riskmap.store.query import Conn

router = APIRouter(prefix="/api", tags=["changes"])

Id = Annotated[int, Field(ge=1, lt=2**62)]
IfMatch = Annotated[str, Header()]
Figure = Annotated[str, Field(max_length=30)] | float | None
Parts = Annotated[list[dict[str, Any]] | None, Field(max_length=succession.MOST)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Line(Strict):
    """A chemical of a major hazard: the amount is the design maximum in `unit` (m3 with density in t/m³); see riskmap/core/holding.py."""

    chemical: Annotated[str, Field(max_length=200)] = ""
    cas: Annotated[str, Field(max_length=40)] | None = None
    symbols: Annotated[list[Annotated[str, Field(max_length=8)]], Field(max_length=8)] = []
    amount: Figure = None
    unit: Literal["t", "kg", "m3"] = "t"
    density: Figure = None
    share: Figure = None
    mixture: Literal["same_class", "own_class"] | None = None
    on_site: Figure = None


Lines = Annotated[list[Line], Field(max_length=holding.MOST)]


class Draft(Strict):
    """A proposal: values over a record at base_version, or of a new one (no feature_id).

    transfer: to_org, the code of the organisation that takes the record; merge: into, the record that stays; split: parts, values of each.
    """

    kind: Literal["create", "change", "retire", "split", "merge", "transfer"] = "create"
    feature_id: Id | None = None
    base_version: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    values: dict[str, Any] = {}
    note: Annotated[str, Field(max_length=500)] = ""
    holdings: Lines | None = None
    to_org: Annotated[str | None, Field(max_length=9)] = None
    into: Id | None = None
    parts: Parts = None


class Edit(Strict):
    """More values over those the draft has; base_version when its maker has seen a newer record in force."""

    values: dict[str, Any] = {}
    base_version: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    note: Annotated[str, Field(max_length=500)] | None = None
    holdings: Lines | None = None
    parts: Parts = None


class Reason(Strict):
    """Why it goes back: phrases by code, and free text. One of them at least."""

    phrases: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=8)] = []
    text: Annotated[str, Field(max_length=800)] = ""


class Decided(Strict):
    """The findings it was decided upon, as `seen` of the opened proposal; left out, they are not compared."""

    seen: Annotated[str, Field(max_length=32)] | None = None


class Seen(Strict):
    """A proposal as it was seen."""

    id: Id
    version: Annotated[int, Field(ge=1, lt=2**31)]


class Many(Strict):
    changes: Annotated[list[Seen], Field(min_length=1, max_length=review.MOST)]


@router.post("/layers/{layer}/changes")
def begin(request: Request, layer: str, body: Draft) -> Json:
    """Begin a draft. It may lack anything and hold values that will be refused: both are told in its findings."""
    declared = desk(request).catalogue.layer(layer)

    def act(conn: Conn) -> tuple[int, Any]:
        id = propose.draft(conn, desk(request), declared, body.kind, plain_values(body.values), actor(request), now(),
                           feature=body.feature_id, base_version=body.base_version, note=body.note, to=body.to_org, into=body.into,
                           parts=None if body.parts is None else [plain_values(p) for p in body.parts],
                           holdings=plain_lines(body.holdings))  # fmt: skip
        return 201, review.opened(conn, desk(request), id, actor(request), now())

    return once(request, [layer, body.model_dump()], act)


@router.patch("/changes/{id}")
def edit(request: Request, id: Id, body: Edit, if_match: IfMatch = "") -> Json:
    """Save more into a draft or a returned proposal, at the version named by If-Match."""
    version = version_of(if_match)

    def act(conn: Conn) -> tuple[int, Any]:
        propose.edit(conn, desk(request), id, version, plain_values(body.values), actor(request), now(),
                     base_version=body.base_version, note=body.note,
                     parts=None if body.parts is None else [plain_values(p) for p in body.parts],
                     holdings=plain_lines(body.holdings))  # fmt: skip
        return 200, review.opened(conn, desk(request), id, actor(request), now())

    return once(request, [id, version, body.model_dump()], act)


@router.post("/changes/{id}/submit")
def submit(request: Request, id: Id, if_match: IfMatch = "") -> Json:
    """Hand it in."""
    version = version_of(if_match)

    def act(conn: Conn) -> tuple[int, Any]:
        made = propose.submit(conn, desk(request), id, version, actor(request), now())
        return 200, {"id": id, "state": "submitted", "version": made}

    return once(request, [id, version], act)


@router.post("/changes/{id}/withdraw")
def withdraw(request: Request, id: Id, if_match: IfMatch = "") -> Json:
    """Take it back for good."""
    version = version_of(if_match)

    def act(conn: Conn) -> tuple[int, Any]:
        return 200, {"id": id, "state": "withdrawn", "version": propose.withdraw(conn, id, version, actor(request), now())}

    return once(request, [id, version], act)


@router.post("/changes/{id}/return")
def send_back(request: Request, id: Id, body: Reason, if_match: IfMatch = "") -> Json:
    """Return it to its maker with a reason."""
    version = version_of(if_match)

    def act(conn: Conn) -> tuple[int, Any]:
        made = review.send_back(conn, desk(request), id, version, body.phrases, body.text, actor(request), now())
        return 200, {"id": id, "state": "returned", "version": made}

    return once(request, [id, version, body.model_dump()], act)


@router.post("/changes/{id}/approve")
def approve(request: Request, id: Id, body: Decided | None = None, if_match: IfMatch = "") -> Json:
    """Put it in force; a transfer is confirmed by the giving side first, then by the taking one.

    409 with both versions, field by field, where its record moved on; 409 with the findings where they are others now.
    """
    version, seen = version_of(if_match), body.seen if body else None

    def act(conn: Conn) -> tuple[int, Any]:
        return 200, review.approve(conn, desk(request), id, version, actor(request), now(), seen)

    return once(request, [id, version, seen], act)


@router.post("/changes/approve")
def approve_many(request: Request, body: Many) -> Json:
    """Approve those that have no finding; each of the others stays, with why."""

    def act(conn: Conn) -> tuple[int, Any]:
        asked = [(one.id, one.version) for one in body.changes]
        return 200, review.approve_many(conn, desk(request), asked, actor(request), now())

    return once(request, body.model_dump(), act)


@router.post("/changes/{id}/effect")
def effect(request: Request, id: Id) -> Json:
    """What the grade of its district would become, recomputed; nothing is written. `effect` is null where the layer grades nothing."""
    if not 8 <= len(request.headers.get("Idempotency-Key", "")) <= 200:
        raise Precondition(
            "缺少 Idempotency-Key / the Idempotency-Key header is missing",
            where="Idempotency-Key",
            remedy="带一个 8–200 字符的唯一键",
        )
    _, graded = current(request)
    with writing(request) as conn:
        found = review.effect(conn, desk(request), id, actor(request), now(), graded)
    return Json({"id": id, "effect": found})


@router.get("/changes")
def queue(
    request: Request,
    state: str = "submitted",
    mine: bool | None = None,
    layer: str | None = None,
    kind: str | None = None,
    district: Annotated[str | None, Query(pattern=r"^\d{6}$")] = None,
    findings: bool | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
    cursor: str = "",
) -> Json:
    """Proposals, the longest waiting first. `mine`: true one's own, false others'; `findings`: only with, only without."""
    states = tuple(s for s in state.split(",") if s)
    wrong = [s for s in states if s not in STATES]
    if wrong or not states:
        raise BadInput("没有这个状态 / no such state", where="state", remedy=", ".join(STATES))
    if kind is not None and kind not in KINDS:
        raise BadInput("没有这种申请 / no such kind", where="kind", remedy=", ".join(KINDS))
    if layer is not None:
        desk(request).catalogue.layer(layer)
    who, at = actor(request), now()
    asked = changes.Asked(states, who.id, mine, layer, kind, district)
    with reading(request) as conn:
        counts = changes.counts(conn, asked)
        found = changes.page(conn, asked, limit, None if findings is None else not findings, _after(cursor))
    listed = [one | {"age_s": int((at - one["waiting_since"]).total_seconds()), "may_decide": may_decide(who, one)}
              for one in found]  # fmt: skip
    last = found[-1] if len(found) == limit else None
    cursor = base64.urlsafe_b64encode(orjson.dumps([last["waiting_since"], last["id"]])).decode() if last else ""
    return Json({"changes": listed, "count": counts["n"], "clean": counts["clean"], "cursor": cursor or None})


@router.get("/changes/{id}")
def one(request: Request, id: Id) -> Json:
    """One proposal, field by field beside what is in force, with all a decision needs but the effect on the grade."""
    with reading(request) as conn:
        found = review.opened(conn, desk(request), id, actor(request), now())
    return Json(found, headers={"ETag": f'"{found["version"]}"'})


def plain_lines(lines: list[Line] | None) -> list[dict[str, Any]] | None:
    """The chemicals as core.holding takes them; None where the request says nothing of them."""
    return None if lines is None else [line.model_dump() for line in lines]


def _after(cursor: str) -> tuple[dt.datetime, int] | None:
    if not cursor:
        return None
    try:
        at, id = orjson.loads(base64.urlsafe_b64decode(cursor))
        if isinstance(id, bool) or not isinstance(id, int) or not 0 < id < 2**62:
            raise ValueError
        return dt.datetime.fromisoformat(at), id
    except (ValueError, TypeError):
        raise BadInput(
            "翻页标记无效 / the cursor is not valid", where="cursor", remedy="从第一页重新开始 / start again"
        ) from None
