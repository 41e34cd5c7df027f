"""Hidden dangers: list, one with its history, register, move."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from riskmap.store.query import Conn, row, rows, run

EVENT = ("move", "state", "deadline_on", "person", "unit", "asked_on", "supervision", "note", "attachment", "happened_on")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which dangers; None asks nothing. An empty district or sector is the one that is not known. `q`: text to be found."""

    states: list[str] | None = None
    grades: list[str] | None = None
    districts: list[str] | None = None
    sectors: list[str] | None = None
    late: bool | None = None
    feature: int | None = None
    enterprise: int | None = None
    q: str | None = None


def page(conn: Conn, asked: Asked, today: dt.date, limit: int, after: tuple[bool, str, int] | None = None) -> list[dict[str, Any]]:
    """The next rows: open before ended, by deadline. `after`: (ended, due_on, id) of the last row before."""
    ended, on, id = after or (None, None, None)
    return rows(conn, "dangers_page", **_where(asked, today), limit=limit, after_ended=ended, after_on=on, after_id=id)


def facts(conn: Conn, asked: Asked, today: dt.date) -> list[dict[str, Any]]:
    """state, grade, days, district and sector of each, for core.danger.figures."""
    return rows(conn, "dangers_figures", **_where(asked, today))


def one(conn: Conn, id: int, today: dt.date) -> dict[str, Any] | None:
    """A danger as it stands, with who registered, rectified and asked."""
    return row(conn, "dangers_one", id=id, today=today)


def history(conn: Conn, id: int) -> list[dict[str, Any]]:
    return rows(conn, "dangers_history", id=id)


def lock(conn: Conn, id: int) -> None:
    """Until the transaction ends nobody else moves it."""
    row(conn, "dangers_turn", id=id)


def add(conn: Conn, danger: Mapping[str, Any], actor: str, now: dt.datetime) -> dict[str, Any] | None:
    """id and steward_org of a new danger; None when its record is not there."""
    names = ("feature_id", "code", "title", "grade", "criterion", "basis", "found_on")
    return row(conn, "dangers_add", **{k: danger.get(k) for k in names}, actor=actor, now=now)


def move(conn: Conn, id: int, seq: int, event: Mapping[str, Any], actor: str, now: dt.datetime) -> None:
    """Append what core.danger.after gives."""
    run(conn, "dangers_move", danger_id=id, seq=seq, **{k: event.get(k) for k in EVENT}, actor=actor, now=now)


def _where(asked: Asked, today: dt.date) -> dict[str, Any]:
    given = asdict(asked) | {"today": today}
    if asked.q:
        text = asked.q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        given["q"] = f"%{text}%"
    return given
