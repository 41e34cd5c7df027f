"""The pages of the stock: what is where and until when, a depot's book, its documents. Plain pages that work without JavaScript."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from riskmap.api.deps import actor, desk, now, once, reading, today
from riskmap.api.framed import framed, reader
from riskmap.api.posted import Form, Posted
from riskmap.api.shelters import local, moment
from riskmap.api.stock import MOST, Expiry, Id, workbook
from riskmap.core.role import may
from riskmap.errors import BadInput, Conflict, Problem
from riskmap.flows import stock as flow
from riskmap.page.people import half
from riskmap.store import stock
from riskmap.store.query import Conn

router = APIRouter(include_in_schema=False)

SHOWN = 300
NEW = 3  # rows for new lots of a receipt
DAYS = 90
FIELDS = ("supply_code", "supply_name", "unit", "batch_no", "location")
Kind = Literal["receipt", "issue", "transfer", "count", "scrap"]
KINDS: tuple[Kind, ...] = ("receipt", "issue", "transfer", "count", "scrap")


@router.get("/stock")
def board(
    request: Request,
    supply: Annotated[str, Query(max_length=40)] = "",
    expiry: Literal["", "expired", "due", "unknown", "good"] = "",
    days: Annotated[int, Query(ge=0, le=3650)] = DAYS,
) -> HTMLResponse:
    """Depots, lots by expiry, shortages, the same kind in several depots, and what waits for somebody."""
    who = actor(request)
    with reading(request) as conn:
        every = stock.lots(conn, today(), days=days, size=MOST)
        asked = supply.strip() or expiry
        lots = stock.lots(conn, today(), supply=supply.strip() or None, expiry=expiry or None, days=days, size=MOST) if asked else every
        short, waiting = stock.shortages(conn, today()), stock.documents(conn, open=True, size=200)
        depots = [d for d in stock.depots(conn) if flow.mine(d, who)]
    figures = {name: sum(1 for lot in every if lot["expiry"] == name) for name in ("expired", "due", "unknown", "good")}
    return framed(request, "stock.html", "/stock", lots=lots[:SHOWN], count=len(lots), shown=SHOWN, figures=figures, short=short, waiting=waiting,
                  depots=_books(depots, every), shared=_shared(every), supply=supply, expiry=expiry, days=days, today=today(), key=uuid.uuid4().hex,
                  exports=may(who.role, "export.run"), more=len(every) == MOST, number=_number, local=local)  # fmt: skip


@router.post("/stock/export")
def export(request: Request, sent: Form) -> Response:
    """The list as a workbook."""
    expiry = sent.one("expiry")
    if expiry not in ("", *Expiry.__args__):  # type: ignore[attr-defined]
        raise BadInput("没有这种有效期状态 / no such state of expiry", where="expiry")
    days = min(3650, sent.number("days") if sent.one("days") else DAYS)
    return workbook(request, {"supply": sent.one("supply")[:40] or None, "district": None, "expiry": expiry or None, "days": days, "below": False})


@router.get("/stock/{id}")
def depot(
    request: Request,
    id: Id,
    do: Literal["", "receipt", "issue", "transfer", "count", "scrap"] = "",
    supply: Annotated[str, Query(max_length=7)] = "",
    unit: Annotated[str, Query(max_length=20)] = "",
    quantity: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """A depot's book, first expired first, with its documents; `do` opens a form; supply, unit and quantity fill it in, first expired first out."""
    return _depot(request, id, do, asked=(supply, unit, quantity))


@router.post("/stock/documents/{id}/decide")
def decide(request: Request, id: Id, sent: Form) -> Response:
    """Approve or refuse."""
    return _turned(request, id, sent, ("approve", "refuse"))


@router.post("/stock/documents/{id}/receive")
def receive(request: Request, id: Id, sent: Form) -> Response:
    """Receive, decline or take back."""
    return _turned(request, id, sent, ("receive", "decline", "take_back"))


@router.post("/stock/documents/{id}/reverse")
def reverse(request: Request, id: Id, sent: Form) -> Response:
    """Book the opposite."""
    return _done(request, sent.number("depot"), "", sent, [id, sent], lambda conn: flow.reverse(conn, id, sent.one("answer"), actor(request), now()))


@router.post("/stock/{id}/minimum")
def minimum(request: Request, id: Id, sent: Form) -> Response:
    """Say the least of a kind."""

    def act(conn: Conn) -> Any:
        flow.minimum(conn, desk(request).catalogue, id, sent.one("supply_code")[:7], sent.one("unit"), sent.one("minimum") or "?", actor(request))
        return {"depot": id}

    return _done(request, id, "", sent, [id, sent], act)


@router.post("/stock/{id}/{kind}")
def record(request: Request, id: Id, kind: Annotated[Kind, Path()], sent: Form) -> Response:
    """Write a document of one kind, from the form."""

    def act(conn: Conn) -> Any:
        lines = list(_lines(conn, id, kind, sent))
        if not lines:
            raise BadInput("没有填写数量 / no quantity was filled in", where="quantity")
        said = {"to": sent.number("to") or None, "reason": sent.one("reason"), "party": sent.one("party"), "happened_at": moment(sent, "happened_at")}
        return flow.record(conn, desk(request).catalogue, id, kind, lines, actor(request), now(), **said)

    return _done(request, id, kind, sent, [id, kind, sent], act)


def _lines(conn: Conn, id: int, kind: str, sent: Posted) -> Iterable[dict[str, Any]]:
    """The lines a form fills in: q-<lot> the quantity, seen-<lot> what the book said when it was counted; n<i>-… a new lot."""
    held = {lot["id"]: lot["quantity"] for lot in stock.lots(conn, today(), depot=id, size=100_000)}
    for name in sent:
        text = sent.one(name)
        lot = int(name[2:]) if name.startswith("q-") and name[2:].isascii() and name[2:].isdigit() and len(name) < 18 else 0
        if not lot or not text:
            continue
        if kind == "count" and lot in held and _number(held[lot]) != sent.one(f"seen-{lot}"):
            raise Conflict("盘点期间账面已变动 / the book moved while you counted", where=f"{sent.one(f'seen-{lot}')} → {_number(held[lot])}",
                           remedy="核对这一批后重新提交 / look at this lot again, then hand in")  # fmt: skip
        yield {"stock_id": lot, "quantity": text}
    for i in range(NEW if kind == "receipt" else 0):
        given: dict[str, Any] = {name: sent.one(f"n{i}-{name}") for name in FIELDS}
        if not any(given.values()) and not sent.one(f"n{i}-quantity"):
            continue
        dates = {name: moment(sent, f"n{i}-{name}") for name in ("produced_on", "expires_on")}
        yield {**given, "quantity": sent.one(f"n{i}-quantity") or "?", **{name: at and at.date() for name, at in dates.items()}}


def _turned(request: Request, id: int, sent: Posted, acts: tuple[str, ...]) -> Response:
    what = sent.one("act")
    if what not in acts:
        raise BadInput("没有这个操作 / no such act", where="act", remedy="、".join(acts))
    done: Callable[[Conn], Any] = lambda conn: flow.turn(conn, id, what, sent.one("answer"), actor(request), now())  # noqa: E731
    return _done(request, sent.number("depot"), "", sent, [id, sent], done)


def _done(request: Request, depot_id: int, kind: str, sent: Posted, body: Any, act: Callable[[Conn], Any]) -> Response:
    """The page again: with the fault and what was typed, or as it stands after the act."""
    try:
        answer = once(request, body, lambda conn: (200, act(conn)))
    except Problem as fault:
        if fault.status in (404, 428) or not depot_id:
            raise
        return _depot(request, depot_id, kind, sent=sent, fault=fault)
    assert answer.status_code == 200
    return RedirectResponse(f"/stock/{depot_id}" if depot_id else "/stock", status_code=303)


def _depot(
    request: Request, id: int, do: str, *, asked: tuple[str, str, str] = ("", "", ""), sent: Posted | None = None, fault: Problem | None = None
) -> HTMLResponse:
    who, language = actor(request), reader(request).language
    sent, proposal = sent or Posted(), None
    with reading(request) as conn:
        one = flow.depot_of(conn, id)
        mine = flow.mine(one, who)
        lots = stock.lots(conn, today(), depot=id, days=DAYS, size=MOST)
        documents, minimums = stock.documents(conn, depot=id, size=60), stock.minimums(conn, id)
        short = [s for s in stock.shortages(conn, today()) if s["depot_id"] == id]
        depots = [d for d in stock.depots(conn) if d["id"] != id] if do == "transfer" else []
        if asked[0] and asked[2]:
            try:
                proposal = flow.proposal(conn, id, asked[0], asked[1], flow.amount(asked[2]), today())
                sent = Posted({f"q-{x['stock_id']}": [_number(x["quantity"])] for x in proposal["lines"]})
            except BadInput as found:
                fault = found
    told = fault and {"title": half(fault.title, language), "remedy": half(fault.remedy or "", language), "where": str(fault.where or "")}
    supplies = desk(request).catalogue.codes["supply"] if mine and may(who.role, "stock.move") else ()
    return framed(request, "depot.html", "/stock", status=fault.status if fault else 200, one=one, lots=lots, documents=documents, minimums=minimums,
                  short=short, depots=depots, do=do if mine else "", kinds=KINDS, new=range(NEW), sent=sent, fault=told, proposal=proposal,
                  asked=asked, mine=mine, moves=may(who.role, "stock.move"), approves=may(who.role, "stock.approve"),
                  me=who.id, city=who.scope == "city", orgs=who.orgs or (who.org,),
                  supplies=[o for o in supplies if len(o.code) == 7], key=uuid.uuid4().hex, days=DAYS,
                  number=_number, local=local)  # fmt: skip


def _books(depots: list[dict[str, Any]], lots: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each depot with how many lots it holds, and how many of them are out of date or soon are."""
    of: dict[int, list[str]] = defaultdict(list)
    for lot in lots:
        of[lot["depot_id"]].append(lot["expiry"])
    return [d | {"lots": len(of[d["id"]])} | {e: of[d["id"]].count(e) for e in ("expired", "due", "unknown")} for d in depots]


def _shared(lots: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Kinds that more than one depot holds, in the same unit: how much is where."""
    kinds: dict[tuple[str, str], dict[int, dict[str, Any]]] = defaultdict(dict)
    for lot in lots:
        at = kinds[lot["supply_code"], lot["unit"]].setdefault(
            lot["depot_id"], {"id": lot["depot_id"], "depot": lot["depot"], "name": lot["supply_name"], "quantity": Decimal(0), "first": None}
        )
        at["quantity"] += lot["quantity"]
        at["first"] = min(filter(None, (at["first"], lot["expires_on"])), default=None)
    return [{"code": code, "unit": unit, "name": next(iter(held.values()))["name"], "depots": sorted(held.values(), key=lambda d: -d["quantity"]),
             "quantity": sum(d["quantity"] for d in held.values())} for (code, unit), held in sorted(kinds.items()) if len(held) > 1]  # fmt: skip


def _number(value: Any) -> str:
    """A quantity without needless zeros, as one types it again."""
    text = f"{Decimal(str(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
