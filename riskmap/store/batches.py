"""A batch between two people: handed in, returned, withdrawn, its rows with a doubt split off as proposals, the list of batches."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from riskmap.store.query import Conn, row, rows, run


def move(
    conn: Conn,
    id: int,
    state: str,
    now: dt.datetime,
    *,
    note: str | None = None,
    reason: str | None = None,
    checker: str | None = None,
) -> None:
    """Move a batch (locked before) to another state; the database refuses what is not legal."""
    run(conn, "imports_move", batch=id, state=state, note=note, reason=reason, checker=checker, now=now)


def ask_undo(conn: Conn, id: int, reason: str, now: dt.datetime) -> None:
    """Its maker asks that a batch in force be taken back."""
    run(conn, "imports_ask_undo", batch=id, reason=reason, now=now)


def digest(conn: Conn, id: int) -> str:
    """The hash of the plan as its rows stand now."""
    found = row(conn, "imports_digest", batch=id)
    assert found is not None
    return found["plan_hash"]


def foreign(conn: Conn, id: int) -> list[dict[str, Any]]:
    """Rows that would change what is not the asker's to change, or what has an open proposal; at most 100."""
    return rows(conn, "imports_foreign", batch=id)


def outside(conn: Conn, id: int) -> int:
    """How many rows stand outside their unit's own area."""
    found = row(conn, "imports_outside", batch=id)
    assert found is not None
    return found["n"]


def split(conn: Conn, id: int, layer: str, outcomes: Sequence[str], note: str, maker: str, now: dt.datetime) -> int:
    """Rows of these outcomes with a doubt become proposals of their own, handed in; how many."""
    run(conn, "imports_split", batch=id, layer=layer, outcomes=list(outcomes), note=note, maker=maker, now=now)
    return run(conn, "imports_split_submit", batch=id, maker=maker, now=now)


def page(conn: Conn, maker: str | None, waiting: bool, size: int, before: int | None = None) -> list[dict[str, Any]]:
    """Batches the reader sees, the latest first; `waiting`: handed in, or asked to be taken back."""
    return rows(conn, "imports_list", maker=maker, waiting=waiting or None, before=before, size=size)
