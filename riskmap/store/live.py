"""What open screens are told: events, as the reader may see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from riskmap.store.query import Conn, row, rows


def last(conn: Conn) -> int:
    """The newest event there is."""
    found = row(conn, "live_last")
    return found["id"] if found else 0


def after(conn: Conn, id: int, seen: Sequence[int], window: int, size: int) -> list[dict[str, Any]]:
    """Events after one, oldest first, with those within `window` below it that are not in `seen`: they committed late."""
    return rows(conn, "live_after", after=id, window=window, seen=list(seen), size=size)
