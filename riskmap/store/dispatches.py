"""Dispatches: documents of the stock book that supplies leave a depot by for an incident."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from psycopg import errors as pg

from riskmap.errors import Conflict
from riskmap.store.query import Conn, row, rows

WHY = {
    "dispatch_reserve": "会低于最低储备量，没有下达 / it would go under the minimum reserve, nothing was ordered",
    "dispatch_room": "库存不足或已被别的调拨占用 / there is not enough, or others were promised it",
    "dispatch_expired": "有批次已过期，不能调出 / a lot is out of date and does not go",
    "dispatch_first": "有更早到期的批次，先出先到期的 / an earlier lot goes first",
    "stock_never_negative": "库存不足 / there is not enough",
}


def of(conn: Conn, incident: int) -> list[dict[str, Any]]:
    return rows(conn, "dispatches_of", incident_id=incident)


def add(conn: Conn, **said: Any) -> int:
    """Begin one; returns its id. Raises Conflict where the incident is closed."""
    try:
        found = row(conn, "dispatches_add", **said)
    except pg.RestrictViolation as error:
        raise Conflict("事件已结束 / the incident is closed", where=str(error.diag.message_primary),
                       remedy="重新打开后再调拨 / reopen it first") from error  # fmt: skip
    assert found is not None
    return found["id"]


def turn(conn: Conn, id: int, state: str, answer: str | None = None) -> None:
    """Move one on. Raises Conflict with what stands against it."""
    try:
        row(conn, "dispatches_turn", id=id, state=state, answer=answer)
    except pg.CheckViolation as error:
        why = WHY.get(error.diag.constraint_name or "")
        if why is None:
            raise
        raise Conflict(why, where=str(error.diag.message_primary), remedy="刷新后按现存数量重新下达 / reload and order what is there") from error
    except pg.RestrictViolation as error:
        raise Conflict("这张调拨单已有新的变动 / the dispatch has moved on", where=str(error.diag.message_primary), remedy="刷新 / reload") from error


def wait(conn: Conn, depot: int) -> None:
    """Take the depot's turn: until this transaction ends nobody else orders of it."""
    row(conn, "dispatches_turn_taken", depot=depot)


def promised(conn: Conn, depot: int) -> dict[int, Decimal]:
    """Lot → pieces ordered of it and not loaded yet."""
    return {r["stock_id"]: r["quantity"] for r in rows(conn, "dispatches_promised", depot=depot)}


def today(now: dt.datetime) -> dt.date:
    return now.astimezone(dt.timezone(dt.timedelta(hours=8))).date()
