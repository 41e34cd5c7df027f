"""What waits for somebody, and what happened lately: read live from the books themselves, under the wall."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from riskmap.store.query import Conn, rows


def waiting(conn: Conn, actor: str, orgs: Sequence[int], today: dt.date, *, decides: bool, moves: bool, approves: bool) -> list[dict[str, Any]]:
    """key, n, since of each kind of work there is some of."""
    return rows(conn, "activity_waiting", actor=actor, orgs=list(orgs), today=today, decides=decides, moves=moves, approves=approves)


def feed(conn: Conn, before: dt.datetime, size: int) -> list[dict[str, Any]]:
    """What happened before an instant, the latest first."""
    return rows(conn, "activity_feed", before=before, size=size)
