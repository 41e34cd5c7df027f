"""A method's life: drafted from the one in force, run beside it, approved by another person, never for a past day."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest

from riskmap.core.actor import OFFICER, OPERATOR
from riskmap.core.grading.method import Method
from riskmap.errors import BadInput, Conflict, Forbidden, NotFound
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


def test_the_table_itself_keeps_two_people_apart(db: Database) -> None:
    other = replace(OFFICER, id="other")
    with db.as_user(OFFICER, write=True) as conn:
        made = method.draft(conn, "收紧", {"d_borders": [20, 11, 4]}, OFFICER)
    tries = {
        "someone else's name": "INSERT INTO method (name, parameters, state, drafted_by) VALUES ('x', '{}', 'draft', 'another')",
        "in force at once": "INSERT INTO method (name, parameters, state, drafted_by) VALUES ('x', '{}', 'in_force', 'officer')",
        "rewritten": f"UPDATE method SET parameters = '{{}}' WHERE id = {made}",
        "by the drafter": f"UPDATE method SET state = 'in_force', approved_by = 'officer', in_force_from = '2027-01-01' WHERE id = {made}",
        "in another's name": f"UPDATE method SET state = 'in_force', approved_by = 'other', in_force_from = '2027-01-01' WHERE id = {made}",
        "the first moved": "UPDATE method SET in_force_from = '2027-01-01' WHERE state = 'in_force'",
    }
    for what, statement in tries.items():
        with pytest.raises((Forbidden, psycopg.Error)), db.as_user(OFFICER, write=True) as conn:
            conn.execute(statement)
            pytest.fail(what)
    with db.as_user(other, write=True) as conn:
        method.activate(conn, str(made), TODAY, other, NOW)
    with pytest.raises((Forbidden, psycopg.Error)), db.as_user(other, write=True) as conn:
        conn.execute(f"UPDATE method SET state = 'draft', approved_by = NULL, in_force_from = NULL WHERE id = {made}")


def test_a_draft_put_away_is_not_approved(db: Database) -> None:
    other = replace(OFFICER, id="other")
    with db.as_user(OFFICER, write=True) as conn:
        made = method.draft(conn, "收紧", {"d_borders": [20, 11, 4]}, OFFICER)
        method.discard(conn, str(made), OFFICER)
        with pytest.raises(Conflict):
            method.discard(conn, str(made), OFFICER)
        assert method.standing_of(method.named(conn, str(made)), TODAY) == "discarded"
    with pytest.raises(Conflict), db.as_user(other, write=True) as conn:
        method.activate(conn, str(made), TODAY, other, NOW)


def test_of_two_who_approve_at_once_one_does(db: Database) -> None:
    with db.as_user(OFFICER, write=True) as conn:
        made = method.draft(conn, "收紧", {"d_borders": [20, 11, 4]}, OFFICER)

    def approve(name: str) -> str:
        who = replace(OFFICER, id=name)
        try:
            with db.as_user(who, write=True) as conn:
                method.activate(conn, str(made), TODAY, who, NOW)
        except Conflict:
            return "late"
        return "done"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(approve, ["a", "b", "c", "d"])) == ["done", "late", "late", "late"]
    with db.as_user(OPERATOR) as conn:
        assert conn.execute("SELECT count(*) AS n FROM audit WHERE operation = 'method.activate'").fetchone()["n"] == 1
