"""The stock ledger: documents with their lines, lots with what is there, minimums. The movements are the database's own work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from psycopg import errors as pg

from riskmap.errors import Conflict
from riskmap.store.query import Conn, row, rows

LAST = 2**62


def lots(
    conn: Conn,
    today: dt.date,
    *,
    depot: int | None = None,
    supply: str | None = None,
    district: str | None = None,
    expiry: str | None = None,
    days: int = 90,
    below: bool = False,
    size: int = 500,
) -> list[dict[str, Any]]:
    """Lots, the one that expires first in front; `days`: how near an expiry counts as due."""
    return rows(conn, "stock_lots", depot=depot, supply=supply, district=district, expiry=expiry, days=days, below=below,
                size=size, today=today)  # fmt: skip


def documents(
    conn: Conn, *, depot: int | None = None, supply: str | None = None, open: bool = False, before: int = LAST, size: int = 100
) -> list[dict[str, Any]]:
    """Documents with their lines, newest first."""
    return rows(conn, "stock_documents", depot=depot, supply=supply, open=open, before=before, size=size)


def depots(conn: Conn, ids: Sequence[int] | None = None) -> list[dict[str, Any]]:
    """Depots one may see: id, code, name, steward_org, steward."""
    return rows(conn, "stock_depots", ids=None if ids is None else list(ids))


def shortages(conn: Conn, today: dt.date) -> list[dict[str, Any]]:
    """Kinds of which a depot has less than its minimum that is not out of date; also those it has none of."""
    return rows(conn, "stock_shortages", today=today)


def minimums(conn: Conn, depot: int) -> list[dict[str, Any]]:
    return rows(conn, "stock_minimums", depot=depot)


def lock(conn: Conn, id: int) -> dict[str, Any] | None:
    """The document, locked; None where it is absent or not the reader's."""
    return row(conn, "stock_lock", id=id)


def needs_two(conn: Conn, id: int) -> bool:
    found = row(conn, "stock_two", id=id)
    return bool(found and found["two"])


def add(conn: Conn, **said: Any) -> int:
    """Begin a document; returns its id."""
    found = row(conn, "stock_add", **said)
    assert found is not None
    return found["id"]


def add_lot(conn: Conn, **said: Any) -> int:
    found = row(conn, "stock_lot_add", **said)
    assert found is not None
    return found["id"]


def add_line(conn: Conn, document: int, steward: int, lot: int, quantity: Decimal) -> dict[str, Any]:
    """{quantity, expected}; `expected`: what the book says, of a count."""
    found = row(conn, "stock_line_add", document_id=document, steward_org=steward, stock_id=lot, quantity=quantity)
    assert found is not None
    return found


def add_minimum(conn: Conn, **said: Any) -> None:
    row(conn, "stock_minimum_add", **said)


def turn(
    conn: Conn, id: int, state: str, *, checker: str | None = None, answer: str | None = None, now: dt.datetime | None = None
) -> None:
    """Move a document on; its movements are made with it. Raises Conflict where a lot has less than is taken."""
    try:
        row(conn, "stock_turn", id=id, state=state, checker=checker, answer=answer, decided_at=now)
    except pg.CheckViolation as error:
        if error.diag.constraint_name != "stock_never_negative":
            raise
        raise Conflict(
            "库存不足，未登记 / there is not enough on stock, nothing was recorded",
            where=str(error.diag.message_primary),
            remedy="刷新后按现存数量重新填写 / reload and take what is there",
        ) from error
