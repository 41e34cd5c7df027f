"""本期无变化: the verified date of records renewed, click by click, and taken back."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from riskmap.store.query import Conn, row, rows, run

Pairs = Sequence[tuple[int, int]]  # (record, version seen)


def add(conn: Conn, asked: Pairs, today: dt.date, sitting: uuid.UUID, actor: str, now: dt.datetime) -> list[dict[str, Any]]:
    """Confirm those of `asked` that take it, in force and in their history; which: feature_id, layer, steward_org."""
    ids, versions = [id for id, _ in asked], [version for _, version in asked]
    found = rows(conn, "confirmations_add", ids=ids, versions=versions, today=today, sitting=sitting, actor=actor, now=now)
    _put(conn, sitting, actor, now, len(found))
    return found


def left(conn: Conn, asked: Pairs, today: dt.date, orgs: Sequence[int], all_own: bool) -> list[dict[str, Any]]:
    """Why each of `asked` took none; for those `add` did not tell."""
    ids, versions = [id for id, _ in asked], [version for _, version in asked]
    return rows(conn, "confirmations_left", ids=ids, versions=versions, today=today, orgs=list(orgs), all_own=all_own)


def undo(conn: Conn, sitting: uuid.UUID, actor: str, now: dt.datetime) -> list[dict[str, Any]]:
    """Take a click back where its records stand as it left them; which: feature_id, layer, steward_org."""
    found = rows(conn, "confirmations_undo", sitting=sitting, actor=actor, now=now)
    _put(conn, sitting, actor, now, len(found))
    return found


def of(conn: Conn, sitting: uuid.UUID) -> dict[str, Any] | None:
    """actor, recorded_at, records, undone of a click; None where there is none one may see."""
    return row(conn, "confirmations_of", sitting=sitting)


def _put(conn: Conn, sitting: uuid.UUID, actor: str, now: dt.datetime, n: int) -> None:
    written = run(conn, "confirmations_put", sitting=sitting, now=now)
    kept = run(conn, "confirmations_history", sitting=sitting, actor=actor, now=now)
    assert written == kept == n  # locked by the statement before
