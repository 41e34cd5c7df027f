"""Proposals: begun, saved, moved; the queue of them; one with its moves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from riskmap.store.query import Conn, jsonb, row, rows


@dataclass(frozen=True, slots=True)
class Asked:
    """Which proposals: states, whose (`mine` True the actor's own, False others', None all), and what of."""

    states: Sequence[str]
    actor: str
    mine: bool | None = None
    layer: str | None = None
    kind: str | None = None
    district: str | None = None

    def parameters(self) -> dict[str, Any]:
        return {"states": list(self.states), "actor": self.actor, "mine": self.mine, "layer": self.layer, "kind": self.kind,
                "district": self.district}  # fmt: skip


def add(
    conn: Conn,
    *,
    layer: str,
    kind: str,
    feature_id: int | None,
    base_version: int | None,
    steward_org: int,
    payload: dict[str, Any],
    findings: list[Any],
    maker: str,
    now: dt.datetime,
    to_org: int | None = None,
) -> int:
    """Begin a proposal; returns its id. `to_org`: who takes the record of a transfer."""
    found = row(
        conn,
        "changes_add",
        layer=layer,
        kind=kind,
        feature_id=feature_id,
        base_version=base_version,
        steward_org=steward_org,
        payload=payload,
        findings=jsonb(findings),
        maker=maker,
        to_org=to_org,
        now=now,
    )
    assert found is not None
    return found["id"]


def edit(
    conn: Conn, id: int, version: int, base_version: int | None, payload: dict[str, Any], findings: list[Any], now: dt.datetime
) -> int | None:
    """Save a proposal at exactly `version`; its new version, or None where it moved on."""
    found = row(
        conn,
        "changes_edit",
        id=id,
        version=version,
        base_version=base_version,
        payload=payload,
        findings=jsonb(findings),
        now=now,
    )
    return found["version"] if found else None


def move(
    conn: Conn,
    id: int,
    state: str,
    now: dt.datetime,
    *,
    checker: str | None = None,
    reason: str | None = None,
    feature_id: int | None = None,
    confirmed_by: str | None = None,
) -> int:
    """Move a proposal (locked before) to another state; its new version."""
    found = row(conn, "changes_move", id=id, state=state, checker=checker, reason=reason, feature_id=feature_id,
                confirmed_by=confirmed_by, now=now)  # fmt: skip
    assert found is not None
    return found["version"]


def lock(conn: Conn, id: int) -> dict[str, Any] | None:
    """The proposal, locked until the transaction ends; None where it is absent or not the reader's."""
    return row(conn, "changes_lock", id=id)


def hand_over(conn: Conn, id: int) -> None:
    """Put a transfer that was approved in this transaction in force. Raises Conflict where its record moved on."""
    row(conn, "changes_hand_over", id=id)


def hold(conn: Conn, feature_id: int) -> None:
    """Lock the record a proposal is about until the transaction ends."""
    row(conn, "changes_hold", id=feature_id)


def one(conn: Conn, id: int) -> dict[str, Any] | None:
    """The proposal with its moves; None where it is absent or not the reader's."""
    return row(conn, "changes_one", id=id)


def open_of(conn: Conn, feature_id: int) -> dict[str, Any] | None:
    """The open proposal of a record: id, state, maker."""
    return row(conn, "changes_open", feature_id=feature_id)


def beside(
    conn: Conn, layer: str, name: str | None, parent: int | None, lon: float, lat: float, soft_m: float
) -> dict[str, Any] | None:
    """The record in force most like a proposed new one among those the reader sees: id, distance_m."""
    return row(conn, "changes_beside", layer=layer, name=name, parent=parent, lon=lon, lat=lat, soft_m=soft_m)


def level_above(conn: Conn, parent: int, layers: Sequence[str]) -> int | None:
    """The level of the major hazard a record hangs on, seen or not: it is the record's own as well."""
    found = row(conn, "changes_level_above", parent=parent, layers=list(layers))
    return found["level"] if found else None


def parents(conn: Conn, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Records by id: layer, code, name, effective_level."""
    return {r["id"]: r for r in rows(conn, "changes_parents", ids=list(ids))} if ids else {}


def page(
    conn: Conn, asked: Asked, size: int, clean: bool | None = None, after: tuple[dt.datetime, int] | None = None
) -> list[dict[str, Any]]:
    """At most `size` proposals, the one that waits longest first; `after`: (waiting_since, id) of the last one shown."""
    at, id = after or (None, None)
    return rows(conn, "changes_list", **asked.parameters(), clean=clean, after_at=at, after_id=id, size=size)


def counts(conn: Conn, asked: Asked) -> dict[str, int]:
    """n: how many; clean: how many of them without a finding."""
    return row(conn, "changes_count", **asked.parameters()) or {"n": 0, "clean": 0}
