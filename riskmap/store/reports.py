"""Reports of an incident, oldest first; the number is the database's."""

from __future__ import annotations

import datetime as dt
from typing import Any

from psycopg import errors as pg

from riskmap.errors import BadInput, Conflict
from riskmap.store.query import Conn, jsonb, row, rows


def of(conn: Conn, incident: int) -> list[dict[str, Any]]:
    return rows(conn, "reports_of", incident_id=incident)


def add(
    conn: Conn, incident: int, kind: str, elements: Any, *, number: int | None, plan: int | None, person: str, now: dt.datetime
) -> dict[str, Any]:
    """id and number. Raises Conflict after the final one, or where another was made meanwhile; BadInput where an element is none."""
    try:
        found = row(
            conn,
            "reports_add",
            incident_id=incident,
            kind=kind,
            elements=jsonb(elements),
            number=number,
            plan_number=plan,
            person=person,
            now=now,
        )
    except (pg.RestrictViolation, pg.UniqueViolation) as error:
        raise Conflict("已有终报，或刚有别人报过 / there is a final report, or another was made meanwhile", where=str(error.diag.message_primary),
                       remedy="刷新后再报 / reload, then report") from error  # fmt: skip
    except pg.CheckViolation as error:
        raise BadInput("要素不合格 / an element is not sound", where=str(error.diag.constraint_name)) from error
    assert found is not None
    return found
