"""Shelters' reports: states and counts of people, and how each stands now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from riskmap.store.query import Conn, row, rows


def now(conn: Conn, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Id → row of view shelter_now."""
    return {r["feature_id"]: r for r in rows(conn, "shelters_now", ids=list(ids))}


def states(conn: Conn, id: int, size: int = 200) -> list[dict[str, Any]]:
    """States as told, the last first."""
    return rows(conn, "shelters_states", id=id, size=size)


def occupancy(conn: Conn, id: int, size: int = 200) -> list[dict[str, Any]]:
    """Counts of people, the latest first."""
    return rows(conn, "shelters_occupancy", id=id, size=size)


def lock(conn: Conn, id: int) -> None:
    """One report of a shelter after the other."""
    row(conn, "shelters_lock", id=id)


def add_state(conn: Conn, id: int, steward: int, state: str, note: str | None, at: dt.datetime, counted: bool, actor: str) -> None:
    row(conn, "shelters_add_state", id=id, steward=steward, state=state, note=note, at=at, counted=counted, actor=actor)


def add_occupancy(conn: Conn, id: int, steward: int, people: int, note: str | None, at: dt.datetime, actor: str) -> int:
    """Returns the report's id."""
    made = row(conn, "shelters_add_occupancy", id=id, steward=steward, people=people, note=note, at=at, actor=actor)
    assert made is not None
    return made["id"]
