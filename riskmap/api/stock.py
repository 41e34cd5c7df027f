"""Stock over HTTP: what is where and until when, documents that move it, and what waits for a second person or a receiver."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Body, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from riskmap import writers
from riskmap.api.deps import Json, actor, client_key, desk, now, once, reading, today, writing
from riskmap.api.leaving import mark
from riskmap.core import fefo
from riskmap.flows import stock as flow
from riskmap.store import journal, stock
from riskmap.store.query import Conn

router = APIRouter(prefix="/api", tags=["stock"])
Id = Annotated[int, Path(ge=1, lt=2**62)]
Text = Annotated[str, Field(max_length=500)]
Days = Annotated[int, Query(ge=0, le=3650)]
Expiry = Literal["expired", "due", "unknown", "good"]
MOST = 20_000


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Line(Strict):
    """A lot on the book by `stock_id`, or of a receipt a new lot's fields; `quantity` in the lot's unit; of a count: what was counted."""

    quantity: Decimal
    stock_id: Annotated[int, Field(ge=1, lt=2**62)] | None = None
    supply_code: Annotated[str, Field(max_length=7)] | None = None
    supply_name: Annotated[str, Field(max_length=64)] | None = None
    unit: Annotated[str, Field(max_length=20)] | None = None
    batch_no: Annotated[str, Field(max_length=64)] | None = None
    location: Annotated[str, Field(max_length=64)] | None = None
    produced_on: dt.date | None = None
    expires_on: dt.date | None = None


class Document(Strict):
    """A document. `to`: the depot a transfer goes to."""

    kind: Literal["receipt", "issue", "transfer", "count", "scrap"]
    lines: Annotated[list[Line], Field(min_length=1, max_length=200)]
    to: Annotated[int, Field(ge=1, lt=2**62)] | None = None
    reason: Text = ""
    party: Annotated[str, Field(max_length=200)] = ""
    happened_at: dt.datetime | None = None


class Answer(Strict):
    answer: Text = ""


class Decision(Answer):
    act: Literal["approve", "refuse"]


class Reception(Answer):
    act: Literal["receive", "decline", "take_back"]


class Reversal(Strict):
    reason: Text


class Minimum(Strict):
    supply_code: Annotated[str, Field(max_length=7)]
    unit: Annotated[str, Field(max_length=20)]
    minimum: Decimal


class Asked(Strict):
    """The filters of the list."""

    supply: Annotated[str, Field(max_length=40)] | None = None
    district: Annotated[str, Field(max_length=6)] | None = None
    expiry: Expiry | None = None
    days: Annotated[int, Field(ge=0, le=3650)] = 90
    below: bool = False


@router.get("/stock")
def listed(
    request: Request,
    supply: Annotated[str | None, Query(max_length=40)] = None,
    district: Annotated[str | None, Query(max_length=6)] = None,
    expiry: Expiry | None = None,
    days: Days = 90,
    below: bool = False,
) -> Json:
    """Lots in every depot one may see, the nearest expiry first, and their totals by kind and unit; unknown expiry stands apart.

    `supply`: a GB/T 38565 code, its first digits, or part of a name. `days`: how near an expiry is due. `below`: kinds under their minimum.
    """
    with reading(request) as conn:
        lots = stock.lots(
            conn, today(), supply=supply or None, district=district or None, expiry=expiry, days=days, below=below, size=MOST
        )
    return _shown({"today": today(), "days": days, "lots": lots, "totals": fefo.totals(lots), "truncated": len(lots) == MOST})


@router.get("/stock/movements")
def moved(
    request: Request,
    depot: Annotated[int | None, Query(ge=1, lt=2**62)] = None,
    supply: Annotated[str | None, Query(max_length=7)] = None,
    open: bool = False,
    before: Annotated[int, Query(ge=1, lt=2**62)] = stock.LAST - 1,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Json:
    """Documents with their lines, newest first; `open`: those that wait for an approval or a receiver; `before`: the last id seen."""
    with reading(request) as conn:
        return Json(
            {"documents": stock.documents(conn, depot=depot, supply=supply or None, open=open, before=before, size=limit)}
        )


@router.get("/depots/{id}/stock")
def book(request: Request, id: Id, days: Days = 90) -> Json:
    """A depot's book: lots with their balances, totals, minimums, the last documents."""
    with reading(request) as conn:
        depot = flow.depot_of(conn, id)
        lots = stock.lots(conn, today(), depot=id, days=days, size=MOST)
        found = {"documents": stock.documents(conn, depot=id), "minimums": stock.minimums(conn, id)}
    return _shown({"depot": depot, "today": today(), "lots": lots, "totals": fefo.totals(lots)} | found)


@router.get("/depots/{id}/proposal")
def proposal(
    request: Request,
    id: Id,
    supply: Annotated[str, Query(pattern=r"^[0-9]{7}$")],
    unit: Annotated[str, Query(min_length=1, max_length=20)],
    quantity: Annotated[Decimal, Query(gt=0, max_digits=14, decimal_places=2)],
) -> Json:
    """Which lots an issue is taken from: first expired, first out; an expired lot never, unknown expiry last and said."""
    with reading(request) as conn:
        return _shown(flow.proposal(conn, id, supply, unit, quantity, today()))


@router.post("/depots/{id}/stock", status_code=201)
def record(request: Request, id: Id, body: Annotated[Document, Body()]) -> Json:
    """Record a receipt, issue, transfer, count or scrap. `state`: posted, waiting (a second person) or sent (the receiver)."""
    at = desk(request).catalogue

    def act(conn: Conn) -> tuple[int, Any]:
        lines = [line.model_dump(exclude_none=True) for line in body.lines]
        said = {"to": body.to, "reason": body.reason, "party": body.party, "happened_at": body.happened_at}
        return 201, flow.record(conn, at, id, body.kind, lines, actor(request), now(), **said)

    return once(request, [id, body.model_dump(mode="json")], act)


@router.post("/depots/{id}/minimum")
def minimum(request: Request, id: Id, body: Annotated[Minimum, Body()]) -> Json:
    """Say the least a depot is to hold of a kind."""
    at = desk(request).catalogue

    def act(conn: Conn) -> tuple[int, Any]:
        flow.minimum(conn, at, id, body.supply_code, body.unit, body.minimum, actor(request))
        return 200, {"depot": id, "supply_code": body.supply_code, "minimum": float(body.minimum), "unit": body.unit}

    return once(request, [id, body.model_dump(mode="json")], act)


@router.post("/stock/documents/{id}/decide")
def decide(request: Request, id: Id, body: Annotated[Decision, Body()]) -> Json:
    """Approve or refuse another's count difference, scrap or its reversal."""
    return _turned(request, id, body.act, body.answer)


@router.post("/stock/documents/{id}/receive")
def receive(request: Request, id: Id, body: Annotated[Reception, Body()]) -> Json:
    """Receive or decline a transfer from another unit; take a declined one back."""
    return _turned(request, id, body.act, body.answer)


@router.post("/stock/documents/{id}/reverse", status_code=201)
def reverse(request: Request, id: Id, body: Annotated[Reversal, Body()]) -> Json:
    """Book the opposite of a posted document."""
    return once(request, [id, body.reason], lambda conn: (201, flow.reverse(conn, id, body.reason, actor(request), now())))


@router.post("/stock/export")
def export(request: Request, body: Annotated[Asked, Body()]) -> Response:
    """The list as a workbook, written into the audit first; it carries unit, person and time."""
    client_key(request)
    return workbook(request, body.model_dump())


def workbook(request: Request, asked: dict[str, Any]) -> Response:
    """The audited export of the lots these filters leave."""
    who, at = actor(request), now()
    with writing(request) as conn:
        lots = stock.lots(conn, today(), size=1_000_000, **asked)
        journal.audit(conn, who, "export", layer=flow.LAYER, after={"ledger": "stock", "filters": asked, "rows": len(lots)})
    for lot in lots:
        lot["expiry"] = EXPIRY[lot["expiry"]]
        lot["quantity"], lot["minimum"] = float(lot["quantity"]), float(lot["minimum"])
    content = writers.write("xlsx", "物资台账", [writers.Column(*c) for c in COLUMNS], lots, mark(who.unit, who.name, at))
    name = f"物资台账-{at.astimezone(dt.timezone(dt.timedelta(hours=8))):%Y%m%d-%H%M}-{len(lots)}.xlsx"
    headers = {
        "Content-Disposition": f"attachment; filename=\"stock.xlsx\"; filename*=UTF-8''{quote(name)}",
        "X-Rows": str(len(lots)),
    }
    return Response(content, media_type=writers.MEDIA["xlsx"], headers=headers)


EXPIRY = {"expired": "已过期", "due": "临近有效期", "unknown": "有效期不明", "good": "有效"}
COLUMNS = (
    ("depot_code", "储备库编号"), ("depot", "储备库"), ("district", "区"), ("supply_code", "物资编码"), ("supply_name", "物资名称"),
    ("quantity", "数量", "number"), ("unit", "计量单位"), ("batch_no", "批号"), ("location", "货位"), ("produced_on", "生产日期", "date"),
    ("expires_on", "有效期至", "date"), ("expiry", "有效期状态"), ("minimum", "最低储备量", "number"), ("depots", "同类储备库数", "number"),
)  # fmt: skip


def _shown(found: dict[str, Any]) -> Json:
    return Json(flow.plain(found))


def _turned(request: Request, id: int, act: str, answer: str) -> Json:
    return once(request, [id, act, answer], lambda conn: (200, flow.turn(conn, id, act, answer, actor(request), now())))
