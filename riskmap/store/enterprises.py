"""一企一档: everything on record of one enterprise."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from riskmap.store.query import Conn, rows


def records(conn: Conn, id: int, today: dt.date) -> list[dict[str, Any]]:
    """The enterprise and what hangs on it, in two steps: those whose verification has lapsed first, the unknown before all."""
    return rows(conn, "enterprises_records", id=id, today=today)


def dangers(conn: Conn, ids: Sequence[int], today: dt.date) -> list[dict[str, Any]]:
    """Hidden dangers of these records: the overdue first, the closed last."""
    return rows(conn, "enterprises_dangers", ids=list(ids), today=today)
