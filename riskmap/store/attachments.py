"""Photos and papers that hang on proposals and, through them, on records."""

from __future__ import annotations

import datetime as dt
from typing import Any

from riskmap.store.query import Conn, row, rows


def add(
    conn: Conn, change: int, steward_org: int, kind: str, name: str, hash: str, body: bytes, actor: str, now: dt.datetime
) -> int | None:
    """Hang a file on a proposal; None where it hangs there already."""
    found = row(conn, "attachments_add", change=change, steward_org=steward_org, kind=kind, name=name, hash=hash, body=body,
                actor=actor, now=now)  # fmt: skip
    return found["id"] if found else None


def of_change(conn: Conn, change: int) -> list[dict[str, Any]]:
    return rows(conn, "attachments_of", change=change, feature=None)


def of_record(conn: Conn, feature: int) -> list[dict[str, Any]]:
    return rows(conn, "attachments_of", change=None, feature=feature)


def one(conn: Conn, id: int) -> dict[str, Any] | None:
    return row(conn, "attachments_one", id=id)


def remove(conn: Conn, id: int, change: int, now: dt.datetime) -> dict[str, Any] | None:
    return row(conn, "attachments_remove", id=id, change=change, now=now)
