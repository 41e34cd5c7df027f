"""本期无变化: what takes a confirmation, what it leaves behind, who takes it back, and that the database lets through nothing else."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import psycopg
import pytest

from riskmap.core.actor import OFFICER, Actor
from riskmap.errors import Conflict, Forbidden, NotFound
from riskmap.flows import confirm, propose
from riskmap.flows.register import Desk
from riskmap.flows.survey import beijing_day
from riskmap.store import features
from riskmap.store.cluster import Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect
from tests.flows.test_propose import TANK, People, begun, desk, in_force, people  # noqa: F401


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def record(db: Database, id: int, who: Actor = OFFICER) -> dict[str, Any]:
    with db.as_user(who) as conn:
        found = features.one(conn, "risk_source", id, dt.date(2026, 1, 1))
    assert found is not None
    return found


def unchanged(db: Database, who: Actor, *asked: tuple[int, int]) -> dict[str, Any]:
    with db.as_user(who, write=True) as conn:
        return confirm.unchanged(conn, asked, who, now())


def undo(db: Database, who: Actor, sitting: str) -> dict[str, Any]:
    with db.as_user(who, write=True) as conn:
        return confirm.undo(conn, uuid.UUID(sitting), who, now())


def test_one_click_renews_the_date_and_nothing_else(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    id = in_force(db, desk)
    before = record(db, id)
    done = unchanged(db, people.clerk, (id, 1))
    after = record(db, id)
    assert done["confirmed"] == 1 and done["left"] == [] and after["verified_on"] == beijing_day(now())
    same = lambda r: {k: v for k, v in r.items() if k not in ("version", "verified_on", "recorded_at", "history")}  # noqa: E731
    assert same(after) == same(before) and after["version"] == 2
    assert [(h["operation"], h["actor"]) for h in after["history"]] == [("confirm", "clerk"), ("create", "officer")]
    with db.as_user(OFFICER) as conn:
        events = conn.execute("SELECT kind, payload FROM event ORDER BY id DESC LIMIT 1").fetchone()
        audit = conn.execute("SELECT operation, actor, object_id FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    assert events == {"kind": "features.changed", "payload": {"ids": [id]}}
    assert audit == {"operation": "feature.confirm", "actor": "clerk", "object_id": id}
    # again on the same day: there is nothing left to say
    with pytest.raises(Conflict) as told:
        unchanged(db, people.clerk, (id, 2))
    assert told.value.extra["left"][0]["why"] == "today"


def test_what_takes_none_is_told_and_stays(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    place = {"lat": 39.73}
    good = in_force(db, desk)
    moved = in_force(db, desk, TANK | place | {"name": "甲罐区", "lon": 116.30})
    waiting = in_force(db, desk, TANK | place | {"name": "乙泵房", "lon": 116.31})
    lacking = in_force(db, desk, {k: v for k, v in TANK.items() if k != "severity"} | place | {"name": "丙车间", "lon": 116.32})
    theirs = in_force(db, desk, TANK | {"name": "丁仓库", "lon": 116.28, "lat": 39.85, "district": "丰台区"})
    begun(db, desk, people.clerk, {"severity": 2}, kind="change", feature=waiting, base_version=1)
    done = unchanged(db, people.clerk, (good, 1), (moved, 7), (waiting, 1), (lacking, 1), (theirs, 1), (999_999, 1))
    assert done["confirmed"] == 1
    assert {one["id"]: one["why"] for one in done["left"]} == {
        moved: "moved", waiting: "waiting", lacking: "incomplete", theirs: "absent", 999_999: "absent"}  # fmt: skip
    assert {record(db, id)["version"] for id in (moved, waiting, lacking, theirs)} == {1}
    with pytest.raises(NotFound):
        unchanged(db, people.stranger, (good, 2))
    for who in (people.reviewer, people.head):
        with pytest.raises(Forbidden):
            unchanged(db, who, (good, 2))


def test_it_is_taken_back_by_who_made_it_where_nothing_followed(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    first = in_force(db, desk)
    second = in_force(db, desk, TANK | {"name": "甲罐区", "lon": 116.30})
    sitting = unchanged(db, people.clerk, (first, 1), (second, 1))["sitting"]
    with pytest.raises(Forbidden):
        undo(db, people.second, sitting)
    with pytest.raises(NotFound):
        undo(db, people.stranger, sitting)
    id = begun(db, desk, people.clerk, {"severity": 2}, kind="change", feature=second, base_version=2)
    with db.as_user(people.clerk, write=True) as conn:
        propose.submit(conn, desk, id, 1, people.clerk, now())
    assert undo(db, people.clerk, sitting) == {"sitting": sitting, "undone": 1, "kept": 1}
    found = record(db, first)
    assert found["verified_on"] == dt.date(2026, 11, 12) and found["version"] == 3
    assert [h["operation"] for h in found["history"]] == ["unconfirm", "confirm", "create"]
    assert record(db, second)["verified_on"] == beijing_day(now())
    with pytest.raises(Conflict):
        undo(db, people.clerk, sitting)


def test_the_database_lets_a_clerk_write_nothing_else(db: Database, desk: Desk, people: People, dsns: Dsns) -> None:  # noqa: F811
    id = in_force(db, desk)
    for statement in (
        "UPDATE feature SET verified_on = current_date, version = version + 1",  # without a confirmation
        "UPDATE feature SET name = 'x', version = version + 1",
        "INSERT INTO feature_version (feature_id, version, layer, steward_org, operation, \"row\", actor) "
        "SELECT id, 2, layer, steward_org, 'confirm', app.feature_row(feature), app.actor() FROM feature",
        # a confirmation that nothing in force follows
        "INSERT INTO confirmation (sitting, feature_id, steward_org, layer, version, verified_before, verified_on, actor, recorded_at) SELECT "
        "gen_random_uuid(), id, steward_org, layer, 2, verified_on, (now() AT TIME ZONE 'Asia/Shanghai')::date, app.actor(), now() FROM feature",
        # of another day, in another name
        "INSERT INTO confirmation (sitting, feature_id, steward_org, layer, version, verified_before, verified_on, actor, recorded_at) SELECT "
        "gen_random_uuid(), id, steward_org, layer, 2, verified_on, current_date + 30, app.actor(), now() FROM feature",
        "INSERT INTO confirmation (sitting, feature_id, steward_org, layer, version, verified_before, verified_on, actor, recorded_at) SELECT "
        "gen_random_uuid(), id, steward_org, layer, 2, verified_on, (now() AT TIME ZONE 'Asia/Shanghai')::date, 'another', now() FROM feature",
    ):
        with pytest.raises((Forbidden, psycopg.errors.RestrictViolation)), db.as_user(people.clerk, write=True) as conn:
            conn.execute(statement)
            conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
    unchanged(db, people.clerk, (id, 1))
    with pytest.raises((Forbidden, psycopg.errors.RestrictViolation)), db.as_user(people.second, write=True) as conn:
        conn.execute("UPDATE confirmation SET undone_version = 3, undone_by = app.actor(), undone_at = now()")
    with connect(dsns.superuser) as conn, pytest.raises(psycopg.errors.RestrictViolation):
        conn.execute("DELETE FROM confirmation")
    assert record(db, id)["version"] == 2
