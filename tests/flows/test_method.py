"""A method's life: drafted from the one in force, run beside it, approved by another person, never for a past day."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from riskmap.core.actor import OFFICER, OPERATOR
from riskmap.core.grading.method import Method
from riskmap.errors import BadInput, Conflict, NotFound
from riskmap.flows import method
from riskmap.flows.survey import method_of
from riskmap.store import grades
from riskmap.store.database import Database

NOW = dt.datetime(2026, 11, 24, 2, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 24)


def test_from_draft_to_force(db: Database) -> None:
    with db.as_user(OPERATOR, write=True) as conn:
        made = method.draft(conn, "收紧", {"d_borders": [20, 11, 4]}, OPERATOR)
        assert method_of(conn, TODAY)[2] == Method()
        with pytest.raises(BadInput, match="没有差别"):
            method.draft(conn, "同样", {}, OPERATOR)
        with pytest.raises(BadInput):
            method.draft(conn, "坏的", {"d_borders": [1, 2, 3]}, OPERATOR)
        with pytest.raises(Conflict, match="起草人"):
            method.activate(conn, "收紧", TODAY, OPERATOR, NOW)
        with pytest.raises(NotFound):
            method.activate(conn, "没有的", TODAY, OFFICER, NOW)
    second = replace(OFFICER, id="second")
    with db.as_user(second, write=True) as conn:
        with pytest.raises(BadInput, match="已过"):
            method.activate(conn, str(made), TODAY - dt.timedelta(days=1), second, NOW)
        method.activate(conn, str(made), TODAY + dt.timedelta(days=2), second, NOW)
        with pytest.raises(Conflict, match="不是草稿"):
            method.activate(conn, str(made), TODAY, second, NOW)
        assert method_of(conn, TODAY + dt.timedelta(days=1))[2] == Method()     # still the old one until its day
        assert method_of(conn, TODAY + dt.timedelta(days=2))[2].d_borders == (20, 11, 4)
        states = {m["name"]: m["state"] for m in grades.methods(conn)}
        assert states["收紧"] == "in_force" and sorted(states.values()) == ["ended", "in_force"]
        told = conn.execute("SELECT kind FROM event WHERE kind = 'method.changed'").fetchall()
        assert len(told) == 1
