"""Stock moves: a document is written with its lines, the database posts it; a second person decides where one is needed.

A receipt, an issue, a transfer inside one unit and a count that agrees with the book are posted at once. A count with a difference, and
scrap, wait for another person (stock.approve). A transfer to another unit is on the way until its receiver says so (stock.move there).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from riskmap.catalogue import Catalogue
from riskmap.core import fefo
from riskmap.core.actor import Actor
from riskmap.errors import BadInput, Conflict, Forbidden, NotFound
from riskmap.store import journal, stock
from riskmap.store.query import Conn

KINDS = ("receipt", "issue", "transfer", "count", "scrap")
LAYER = "depot"
MOST = Decimal("999999999999.99")
# what is done to an open document → (from, to)
TURNS = {
    "approve": ("waiting", "posted"),
    "refuse": ("waiting", "refused"),
    "receive": ("sent", "posted"),
    "decline": ("sent", "declined"),
    "take_back": ("declined", "returned"),
}


def depot_of(conn: Conn, id: int) -> dict[str, Any]:
    """The depot. Raises NotFound."""
    found = stock.depots(conn, [id])
    if not found:
        raise NotFound("没有这个储备库 / no such depot", where=str(id))
    return found[0]


def mine(depot: Mapping[str, Any], actor: Actor) -> bool:
    """Whether the depot's book is the actor's to read; all staff see that the depot is there."""
    return actor.scope == "city" or depot["steward_org"] in (actor.orgs or (actor.org,))


def own(conn: Conn, id: int, actor: Actor) -> dict[str, Any]:
    """The depot, of the actor's own organisation or of the city's sight. Raises NotFound, Forbidden (all staff see every depot)."""
    depot = depot_of(conn, id)
    if not mine(depot, actor):
        raise Forbidden("不是本单位的储备库 / this depot is another unit's", where=depot["steward"])
    return depot


def record(
    conn: Conn,
    catalogue: Catalogue,
    depot_id: int,
    kind: str,
    lines: Sequence[Mapping[str, Any]],
    actor: Actor,
    now: dt.datetime,
    *,
    to: int | None = None,
    reason: str = "",
    party: str = "",
    happened_at: dt.datetime | None = None,
) -> dict[str, Any]:
    """Write a document and post it as far as it goes alone: {id, state}. A line: stock_id or a new lot's fields (a receipt), and quantity."""
    if kind not in KINDS:
        raise BadInput("没有这种单据 / no such kind of document", where=kind, remedy="、".join(KINDS))
    if not 0 < len(lines) <= 200:
        raise BadInput("没有物资行，或超过 200 行 / between 1 and 200 lines", where="lines")
    depot = own(conn, depot_id, actor)
    other = depot_of(conn, to) if to is not None else None
    if (kind == "transfer") != (other is not None) or to == depot_id:
        raise BadInput("调拨须选另一个储备库，其他单据不选 / a transfer names another depot, nothing else does", where="to")
    if kind in ("scrap",) and len(reason.strip()) < 2:
        raise BadInput("报废须写原因 / scrap needs a reason", where="reason")
    _happened(happened_at, now)
    if kind != "receipt" and len({line.get("stock_id") for line in lines}) < len(lines):
        raise BadInput("同一批次只能有一行 / a lot stands in one line", where="lines")
    id = stock.add(
        conn,
        kind=kind,
        feature_id=depot_id,
        steward_org=depot["steward_org"],
        to_feature_id=to,
        to_org=other["steward_org"] if other else None,
        reverses=None,
        reason=reason.strip()[:500] or None,
        party=party.strip()[:200] or None,
        happened_at=happened_at or now,
    )
    held = {lot["id"] for lot in stock.lots(conn, now.date(), depot=depot_id, size=100_000)}
    difference = False
    # in one order of lots, so that two people never wait for each other
    for n, line in sorted(enumerate(lines, 1), key=lambda one: one[1].get("stock_id") or 0):
        amount = _quantity(line.get("quantity"), n, zero=kind == "count")
        lot = line.get("stock_id")
        if lot is None:
            if kind != "receipt":
                raise BadInput("没有选批次 / no lot is named", where=f"第 {n} 行 line {n}")
            lot = _new_lot(conn, catalogue, depot, line, actor, n)
        elif lot not in held:
            raise NotFound("这个储备库没有这个批次 / no such lot in this depot", where=f"第 {n} 行 line {n}")
        written = stock.add_line(conn, id, depot["steward_org"], lot, amount)
        difference |= written["expected"] is not None and written["expected"] != amount
    if difference and len(reason.strip()) < 2:
        raise BadInput(
            "盘点与账面不符，须写原因 / the count differs from the book: say why", where="reason", remedy="填写差异原因后再提交"
        )
    state = _post(conn, id, depot["steward_org"], other)
    _told(
        conn,
        actor,
        f"stock.{kind}",
        id,
        depot,
        other,
        {"state": state, "lines": [dict(x) for x in lines], "reason": reason or None},
    )
    return {"id": id, "state": state}


def reverse(conn: Conn, id: int, reason: str, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Book the opposite of a posted document: {id, state}."""
    held = _held(conn, id)
    depot = own(conn, held["feature_id"], actor)
    if held["state"] != "posted" or held["kind"] == "reversal" or (held["to_org"] not in (None, held["steward_org"])):
        raise Conflict(
            "这张单据不能冲销 / this document is not reversed",
            where=held["state"],
            remedy="跨单位调拨请再调拨回来 / send it back by a transfer",
        )
    if len(reason.strip()) < 2:
        raise BadInput("冲销须写原因 / a reversal needs a reason", where="reason")
    made = stock.add(
        conn, kind="reversal", feature_id=held["feature_id"], steward_org=held["steward_org"], to_feature_id=None, to_org=None,
        reverses=id, reason=reason.strip()[:500], party=None, happened_at=now,
    )  # fmt: skip
    state = _post(conn, made, held["steward_org"], None)
    _told(conn, actor, "stock.reversal", made, depot, None, {"state": state, "reverses": id, "reason": reason})
    return {"id": made, "state": state}


def turn(conn: Conn, id: int, act: str, answer: str, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Approve or refuse what waits; receive or decline what was sent; take back what was declined. {id, state}"""
    held = _held(conn, id)
    before, after = TURNS[act]
    if held["state"] != before:
        raise Conflict(
            "这张单据已有新的变动 / the document has moved on", where=held["state"], remedy="刷新后再办 / reload and look again"
        )
    mine = actor.orgs or (actor.org,)
    if act in ("receive", "decline") and actor.scope != "city" and held["to_org"] not in mine:
        raise Forbidden("由调入单位确认 / its receiver says so", where=str(id))
    if act not in ("receive", "decline") and actor.scope != "city" and held["steward_org"] not in mine:
        raise Forbidden("由调出单位办理 / for the unit whose book it is", where=str(id))
    if act != "take_back" and held["maker"] == actor.id:
        raise Forbidden("自己登记的须由另一人办理 / another person decides on what you recorded", where=held["maker"])
    if act in ("refuse", "decline") and len(answer.strip()) < 2:
        raise BadInput("须写原因 / say why", where="answer")
    checked = act != "take_back"
    stock.turn(
        conn, id, after, checker=actor.id if checked else None, answer=answer.strip()[:500] or None if checked else None, now=now
    )
    depot = depot_of(conn, held["feature_id"])
    other = depot_of(conn, held["to_feature_id"]) if held["to_feature_id"] else None
    _told(conn, actor, f"stock.{act}", id, depot, other, {"state": after, "answer": answer or None}, {"state": before})
    return {"id": id, "state": after}


def proposal(conn: Conn, depot_id: int, supply: str, unit: str, quantity: Decimal, today: dt.date) -> dict[str, Any]:
    """First expired, first out, for an issue: lines, what is short, what is expired, what is of unknown date."""
    depot_of(conn, depot_id)
    lots = [x for x in stock.lots(conn, today, depot=depot_id, size=100_000) if x["supply_code"] == supply and x["unit"] == unit]
    found = fefo.propose(lots, quantity, today)
    named = {x["id"]: x for x in lots}
    lines = [
        {"stock_id": lot, "quantity": q} | {k: named[lot][k] for k in ("batch_no", "expires_on", "location")}
        for lot, q in found.lines
    ]
    return {"lines": lines, "short": found.short, "expired": found.expired, "unknown": found.unknown, "unit": unit}


def minimum(conn: Conn, catalogue: Catalogue, depot_id: int, supply: str, unit: str, amount: Any, actor: Actor) -> None:
    """Say the least a depot is to hold of a kind."""
    depot = own(conn, depot_id, actor)
    name, least = _supply(catalogue, supply, "supply_code"), _quantity(amount, 1, zero=True)
    stock.add_minimum(conn, feature_id=depot_id, steward_org=depot["steward_org"], supply_code=supply, supply_name=name,
                      unit=_unit(unit, "unit"), minimum=least)  # fmt: skip
    _told(conn, actor, "stock.minimum", depot_id, depot, None, {"supply_code": supply, "minimum": least, "unit": unit})


def _post(conn: Conn, id: int, steward: int, other: Mapping[str, Any] | None) -> str:
    state = "waiting" if stock.needs_two(conn, id) else "sent" if other and other["steward_org"] != steward else "posted"
    stock.turn(conn, id, state)
    return state


def _held(conn: Conn, id: int) -> dict[str, Any]:
    held = stock.lock(conn, id)
    if held is None:
        raise NotFound("没有这张单据 / no such document", where=str(id))
    return held


def _told(
    conn: Conn,
    actor: Actor,
    operation: str,
    id: int,
    depot: Mapping[str, Any],
    other: Mapping[str, Any] | None,
    after: Any,
    before: Any = None,
) -> None:
    for one in filter(None, (depot, other)):
        seen = actor.scope == "city" or one["steward_org"] in (actor.orgs or (actor.org,))
        if seen:  # each organisation follows its own events
            journal.event(
                conn, "ledger.changed", LAYER, one["steward_org"], {"ids": [one["id"]], "ledger": "stock", "document": id}
            )
    told = plain(after | {"depot": depot["id"]})
    journal.audit(conn, actor, operation, layer=LAYER, object_id=id, steward_org=depot["steward_org"], before=before, after=told)


def plain(value: Any) -> Any:
    """The same with numbers and days as JSON has them; two decimals of fourteen digits are exact in a double."""
    match value:
        case Decimal():
            return float(value)
        case dt.date():
            return value.isoformat()
        case Mapping():
            return {key: plain(one) for key, one in value.items()}
        case list() | tuple():
            return [plain(one) for one in value]
    return value


def _new_lot(conn: Conn, catalogue: Catalogue, depot: Mapping[str, Any], line: Mapping[str, Any], actor: Actor, n: int) -> int:
    place = f"第 {n} 行 line {n}"
    produced, expires = line.get("produced_on"), line.get("expires_on")
    if produced and expires and produced > expires:
        raise BadInput("生产日期晚于有效期 / it expires before it was made", where=f"{place} expires_on")
    code = str(line.get("supply_code") or "")
    name = _supply(catalogue, code, f"{place} supply_code")
    text = lambda key: (str(line.get(key) or "").strip()[:64]) or None  # noqa: E731
    return stock.add_lot(
        conn, feature_id=depot["id"], steward_org=depot["steward_org"], supply_code=code, supply_name=text("supply_name") or name,
        unit=_unit(line.get("unit"), f"{place} unit"), batch_no=text("batch_no"), location=text("location"), produced_on=produced,
        expires_on=expires, actor=actor.id,
    )  # fmt: skip


def _supply(catalogue: Catalogue, code: str, where: str) -> str:
    found = next((o for o in catalogue.codes["supply"] if o.code == code), None)
    if found is None:
        raise BadInput(
            "没有这个物资编码 / no such supply code",
            where=where,
            remedy="GB/T 38565-2020 七位编码 / seven digits of GB/T 38565-2020",
        )
    return found.zh


def _unit(unit: Any, where: str) -> str:
    text = str(unit or "").strip()
    if not 0 < len(text) <= 20:
        raise BadInput("须写计量单位 / the unit is missing", where=where)
    return text


def _quantity(value: Any, n: int, *, zero: bool) -> Decimal:
    try:
        amount = Decimal(str(value))
        if (
            not amount.is_finite()
            or amount > MOST
            or amount != amount.quantize(Decimal("0.01"))
            or amount < 0
            or (amount == 0 and not zero)
        ):
            raise ValueError
    except (ArithmeticError, ValueError):
        raise BadInput(
            "数量不对 / not a quantity",
            where=f"第 {n} 行 line {n} quantity",
            remedy="大于 0、最多两位小数；盘点可为 0 / above 0, two decimals at most",
        ) from None
    return amount


def amount(text: str) -> Decimal:
    """A quantity above 0 as a person types it. Raises BadInput."""
    return _quantity(text, 1, zero=False)


def _happened(at: dt.datetime | None, now: dt.datetime) -> None:
    if at is not None and (at.tzinfo is None or at > now):
        raise BadInput("发生时间须带时区且不晚于现在 / when it happened: with a zone, not in the future", where="happened_at")
