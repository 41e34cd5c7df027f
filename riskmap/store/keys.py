"""Keys of programs that read. Only the gate and those who manage accounts get anything from here; the key itself is kept nowhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from riskmap.store.query import Conn, row, rows, run


def add(conn: Conn, prefix: str, digest: bytes, name: str, org: int, layers: Sequence[str] | None, expires_at: dt.datetime, created_by: str,
        now: dt.datetime, awaits: str | None) -> int:
    """A new key; its id."""
    found = row(
        conn, "keys_add", prefix=prefix, digest=digest, name=name, org=org, layers=None if layers is None else list(layers),
        expires_at=expires_at, created_by=created_by, now=now, awaits=awaits,
    )  # fmt: skip
    assert found is not None
    return found["id"]


def every(conn: Conn, id: int | None = None) -> list[dict[str, Any]]:
    """All keys, or one, without what opens; newest first."""
    return rows(conn, "keys_list", id=id)


def lock(conn: Conn, id: int | None = None, prefix: str | None = None) -> dict[str, Any] | None:
    """One key by number or prefix, held until the transaction ends; None when there is none."""
    return row(conn, "keys_lock", id=id, prefix=prefix)


def held(conn: Conn, digest: bytes) -> dict[str, Any] | None:
    """Whose a key is, by its digest; None when nobody made it. Says nothing of whether it still opens: the caller judges."""
    return row(conn, "keys_held", digest=digest)


def confirm(conn: Conn, id: int) -> None:
    run(conn, "keys_confirm", id=id)


def revoke(conn: Conn, id: int, by: str, now: dt.datetime) -> None:
    run(conn, "keys_revoke", id=id, by=by, now=now)


def used(conn: Conn, id: int, now: dt.datetime, address: str) -> None:
    run(conn, "keys_used", id=id, now=now, address=address)
