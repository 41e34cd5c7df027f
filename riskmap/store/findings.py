"""Inspections (检查) and violations (违法行为): put on record, listed, withdrawn."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from riskmap.store.query import Conn, row, rows

Kind = Literal["inspection", "violation"]
NAMED = {"inspection": ("kind", "unit", "inspectors", "result", "findings", "happened_on"),
         "violation": ("kind", "fact", "basis", "measure", "amount_yuan", "unit", "document", "decided_on")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """Which; None asks nothing. An empty district is the one that is not known. `choices`: measures of violations, results of inspections."""

    kinds: list[str] | None = None
    choices: list[str] | None = None
    districts: list[str] | None = None
    enterprise: int | None = None
    q: str | None = None


def subject(conn: Conn, id: int) -> dict[str, Any] | None:
    """The record it is to hang on; None where it is absent or not the reader's."""
    return row(conn, "findings_subject", id=id)


def add(conn: Conn, what: Kind, given: Mapping[str, Any], feature: int, steward: int, actor: str) -> int:
    """Its id."""
    values = {name: given.get(name) for name in NAMED[what]} | {"feature_id": feature, "steward_org": steward, "actor": actor}
    name = "findings_add_inspection" if what == "inspection" else "findings_add_violation"
    found = row(conn, name, **values)
    assert found is not None
    return found["id"]


def link(conn: Conn, inspection: int, dangers: Sequence[int]) -> list[int]:
    """The hidden dangers it found; those that are no one's there are left out."""
    return [one["danger_id"] for one in rows(conn, "findings_link", inspection=inspection, dangers=list(dangers))]


def one(conn: Conn, what: Kind, id: int) -> dict[str, Any] | None:
    """Who wrote it and whether it stands."""
    return row(conn, "findings_one_inspection" if what == "inspection" else "findings_one_violation", id=id)


def withdraw(conn: Conn, what: Kind, id: int, actor: str, reason: str, now: dt.datetime) -> bool:
    """Whether it stood until now."""
    name = "findings_withdraw_inspection" if what == "inspection" else "findings_withdraw_violation"
    return row(conn, name, id=id, actor=actor, reason=reason, now=now) is not None


def page(conn: Conn, what: Kind, asked: Asked, limit: int, after: tuple[dt.date, int] | None = None) -> list[dict[str, Any]]:
    """The latest first. `after`: (day, id) of the last row before."""
    given = asdict(asked)
    given["results" if what == "inspection" else "measures"] = given.pop("choices")
    if asked.q:
        text = asked.q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        given["q"] = f"%{text}%"
    on, id = after or (None, None)
    return rows(conn, "findings_inspections" if what == "inspection" else "findings_violations", **given, limit=limit, after_on=on, after_id=id)
