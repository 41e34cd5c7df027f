"""Audit, events and client keys: written in the transaction of the change itself."""

from __future__ import annotations

from typing import Any

from riskmap.core.actor import Actor
from riskmap.store.query import Conn, jsonb, row, run


def event(conn: Conn, kind: str, layer: str | None, steward_org: int | None, payload: dict[str, Any]) -> int:
    """Append an event; live screens and the engine follow them. Returns its id."""
    found = row(conn, "journal_event", kind=kind, layer=layer, steward_org=steward_org, payload=jsonb(payload))
    assert found is not None
    return found["id"]


def offered(conn: Conn, change: int) -> None:
    """The event of the side that is to take a record over."""
    run(conn, "journal_offered", change=change)


def audit(
    conn: Conn,
    actor: Actor,
    operation: str,
    *,
    layer: str | None = None,
    object_id: int | None = None,
    steward_org: int | None = None,
    before: Any = None,
    after: Any = None,
    result: str = "done",
) -> None:
    """Append an audit row. No audit, no write: it fails or stands together with the change."""
    run(
        conn,
        "journal_audit",
        actor=actor.id,
        role=actor.role,
        operation=operation,
        layer=layer,
        object_id=object_id,
        steward_org=steward_org,
        before=None if before is None else jsonb(before),
        after=None if after is None else jsonb(after),
        result=result,
    )


def claim(conn: Conn, actor: Actor, key: str, route: str, request_hash: str) -> bool:
    """True when this client key is new; a rival with the same key is waited for."""
    return run(conn, "journal_claim", actor=actor.id, key=key, route=route, request_hash=request_hash) == 1


def recall(conn: Conn, actor: Actor, key: str) -> dict[str, Any] | None:
    """What was answered under this key: request_hash, status, response."""
    return row(conn, "journal_recall", actor=actor.id, key=key)


def answer(conn: Conn, actor: Actor, key: str, status: int, response: Any) -> None:
    """Keep the answer given under this key."""
    run(conn, "journal_answer", actor=actor.id, key=key, status=status, response=jsonb(response))
