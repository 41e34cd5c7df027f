"""Records that go over into something else: two sides for a transfer, the link kept both ways, nothing lost, nothing around it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
import pytest

from riskmap.core.actor import OFFICER, Actor
from riskmap.errors import BadInput, Conflict, Forbidden, NotFound
from riskmap.flows import propose, review
from riskmap.flows.register import Desk
from riskmap.store import changes, features
from riskmap.store.cluster import Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect
from tests.flows.test_propose import NOW, TANK, People, begun, desk, handed_in, in_force, opened, people  # noqa: F401


def approve(db: Database, desk: Desk, who: Actor, id: int, version: int) -> dict[str, Any]:  # noqa: F811
    with db.as_user(who, write=True) as conn:
        return review.approve(conn, desk, id, version, who, dt.datetime.now(dt.UTC))


def record(db: Database, who: Actor, id: int) -> dict[str, Any] | None:
    with db.as_user(who) as conn:
        return features.one(conn, "risk_source", id, NOW.date())


@pytest.fixture
def loaded(db: Database, desk: Desk, dsns: Dsns, people: People) -> int:  # noqa: F811
    """A source of 大兴区 with a history, a hidden danger and its events, a holding, and a closed proposal."""
    feature = in_force(db, desk)
    id, version = handed_in(db, desk, people.clerk, {"severity": 4}, kind="change", feature=feature, base_version=1)
    approve(db, desk, people.reviewer, id, version)
    with connect(dsns.superuser) as conn:
        conn.execute("SELECT set_config('app.role', 'operator', false)")
        conn.execute("""INSERT INTO hidden_danger (feature_id, steward_org, code, title, grade, found_on, actor)
                        SELECT id, steward_org, 'D-1', 't', 'general', '2026-01-01', 'a' FROM feature""")
        conn.execute("""INSERT INTO hidden_danger_event (danger_id, steward_org, state, happened_on, actor)
                        SELECT id, steward_org, 'listed', '2026-01-01', 'a' FROM hidden_danger""")
        conn.execute("""INSERT INTO holding (feature_id, steward_org, chemical, design_max_t, actor)
                        SELECT id, steward_org, '氯', 1, 'a' FROM feature""")
    return feature


def test_a_transfer_is_confirmed_by_both_sides_and_takes_everything_along(
    db: Database, desk: Desk, people: People, loaded: int  # noqa: F811
) -> None:  # fmt: skip
    p = people
    id, version = handed_in(db, desk, p.clerk, {}, kind="transfer", feature=loaded, base_version=2, to="110106", note="管理权移交")
    shown = opened(db, desk, p.reviewer, id)
    assert shown["transfer"]["to_name"] == "丰台区" and shown["may"]["decide"]
    assert [(f["name"], f["old"], f["new"]) for f in shown["fields"] if f["changed"]] == [("steward", "大兴区", "丰台区")]
    # before the giving side has confirmed, the taking side hears nothing of it
    with pytest.raises(NotFound):
        opened(db, desk, p.their_reviewer, id)
    done = approve(db, desk, p.reviewer, id, version)
    assert done["state"] == "confirmed" and record(db, p.their_reviewer, loaded) is None
    # who decides there sees the proposal; a clerk there does not, and nobody of the giving side can take for the other
    with pytest.raises(NotFound):
        opened(db, desk, p.stranger, id)
    with db.as_user(p.their_reviewer) as conn:
        waiting = changes.page(conn, changes.Asked(("submitted", "confirmed"), "their", mine=False), 10)
    assert [w["id"] for w in waiting] == [id]
    with db.as_user(p.head) as conn:
        assert changes.page(conn, changes.Asked(("submitted", "confirmed"), "head", mine=False), 10) == []
    for who in (p.reviewer, p.head, OFFICER):
        with pytest.raises(Forbidden):
            approve(db, desk, who, id, done["version"])
    assert opened(db, desk, p.their_reviewer, id)["may"]["decide"]
    assert approve(db, desk, p.their_reviewer, id, done["version"])["state"] == "approved"
    assert record(db, p.clerk, loaded) is None
    found = record(db, p.stranger, loaded)
    assert found is not None and found["version"] == 3 and found["steward_name"] == "丰台区"
    assert [h["operation"] for h in found["history"]] == ["transfer", "change", "create"]  # its history went along
    assert len(found["dangers"]) == 1 and found["dangers"][0]["state"] == "listed" and len(found["holdings"]) == 1
    with db.as_user(OFFICER) as conn:
        for table in ("holding", "hidden_danger", "hidden_danger_event", "feature_change", "feature_change_event"):
            orgs = {r["steward_org"] for r in conn.execute(f"SELECT steward_org FROM {table}").fetchall()}  # type: ignore[arg-type]
            assert orgs == {p.stranger.org}, table
        audit = conn.execute("SELECT operation, actor FROM audit WHERE operation ~ 'transfer|confirm|approve' ORDER BY id").fetchall()
    assert [(a["operation"], a["actor"]) for a in audit][-3:] == [
        ("change.confirm", "reviewer"), ("feature.transfer", "their"), ("change.approve", "their")]  # fmt: skip
    # the giving side keeps what it did
    kept = opened(db, desk, p.clerk, id)
    assert kept["state"] == "approved" and [m["to"] for m in kept["moves"]] == ["draft", "submitted", "confirmed", "approved"]


def test_the_taking_side_returns_it_with_a_reason(db: Database, desk: Desk, people: People, loaded: int) -> None:  # noqa: F811
    id, version = handed_in(db, desk, people.clerk, {}, kind="transfer", feature=loaded, base_version=2, to="110106")
    version = approve(db, desk, people.reviewer, id, version)["version"]
    with pytest.raises(Conflict), db.as_user(people.clerk, write=True) as conn:
        propose.withdraw(conn, id, version, people.clerk, NOW)
    with db.as_user(people.their_reviewer, write=True) as conn:
        version = review.send_back(conn, desk, id, version, [], "不在我区", people.their_reviewer, NOW)
    shown = opened(db, desk, people.clerk, id)
    assert shown["state"] == "returned" and shown["transfer"]["confirmed_by"] is None and shown["reason"] == "不在我区"
    with db.as_user(people.clerk, write=True) as conn:
        version = propose.submit(conn, desk, id, version, people.clerk, NOW)
    assert record(db, people.clerk, loaded)["version"] == 2  # type: ignore[index]
    with pytest.raises(NotFound):  # it is the giving side's turn again
        opened(db, desk, people.stranger, id)


def test_a_record_that_moved_on_is_not_handed_over(db: Database, desk: Desk, people: People, loaded: int) -> None:  # noqa: F811
    from riskmap.flows import register

    id, version = handed_in(db, desk, people.clerk, {}, kind="transfer", feature=loaded, base_version=2, to="110106")
    version = approve(db, desk, people.reviewer, id, version)["version"]
    with db.as_user(OFFICER, write=True) as conn:
        register.save(conn, desk, desk.catalogue.layer("risk_source"), {"severity": 1}, OFFICER, NOW, loaded, 2)
    with pytest.raises(Conflict):
        approve(db, desk, people.their_reviewer, id, version)
    assert record(db, people.clerk, loaded)["version"] == 3  # type: ignore[index]


def test_where_a_record_goes_is_a_unit_there_is(db: Database, desk: Desk, people: People, loaded: int) -> None:  # noqa: F811
    for to in (None, "999999", "110115"):
        with pytest.raises(BadInput):
            begun(db, desk, people.clerk, {}, kind="transfer", feature=loaded, base_version=2, to=to)
    with pytest.raises(BadInput):
        begun(db, desk, people.clerk, {"severity": 1}, kind="transfer", feature=loaded, base_version=2, to="110106")


AROUND = [
    ("reviewer", "UPDATE feature_change SET state = 'approved', checker = 'reviewer', decided_at = now(), version = version + 1"),
    ("reviewer", "UPDATE feature_change SET state = 'confirmed', confirmed_by = 'head', confirmed_at = now(), version = version + 1"),
    ("clerk", "UPDATE feature_change SET state = 'confirmed', confirmed_by = 'clerk', confirmed_at = now(), version = version + 1"),
    ("their_reviewer", "UPDATE feature_change SET state = 'approved', checker = 'their', decided_at = now(), version = version + 1"),
    ("city", "UPDATE feature_change SET state = 'confirmed', confirmed_by = 'city', confirmed_at = now(), version = version + 1"),
    ("reviewer", "UPDATE feature_change SET to_org = 4, version = version + 1"),
    ("reviewer", "SELECT app.hand_over(max(id)) FROM feature_change"),
    ("reviewer", "UPDATE feature SET steward_org = 5, version = version + 1"),
    ("city", "UPDATE feature SET steward_org = 5, version = version + 1"),
    ("operator", "UPDATE feature SET steward_org = 5"),
]  # fmt: skip


@pytest.mark.parametrize("who, statement", AROUND)
def test_no_way_around_the_two_sides(
    db: Database, desk: Desk, people: People, dsns: Dsns, loaded: int, who: str, statement: str  # noqa: F811
) -> None:  # fmt: skip
    handed_in(db, desk, people.clerk, {}, kind="transfer", feature=loaded, base_version=2, to="110106")
    city = Actor("city", "c", "reviewer", 1, "city", (1,))
    operator = Actor("operator", "o", "operator", 1, "city", (1,))
    actor = {"city": city, "operator": operator}.get(who) or getattr(people, who)
    try:
        with db.as_user(actor, write=True) as conn:
            assert conn.execute(statement).rowcount == 0  # type: ignore[arg-type]
    except (Forbidden, psycopg.errors.RestrictViolation, psycopg.errors.CheckViolation):
        pass
    with connect(dsns.superuser) as conn:
        assert conn.execute("SELECT steward_org FROM feature").fetchone() == {"steward_org": people.clerk.org}
        assert conn.execute("SELECT state FROM feature_change ORDER BY id DESC LIMIT 1").fetchone() == {"state": "submitted"}
        with pytest.raises(psycopg.errors.RestrictViolation):  # the owner of the tables neither
            conn.execute("UPDATE feature SET steward_org = 5")


def test_merged_into_another_the_link_is_seen_from_both(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    one, two = in_force(db, desk), in_force(db, desk, TANK | {"name": "同一单元", "lon": 116.34})
    id, version = handed_in(db, desk, people.clerk, {}, kind="merge", feature=one, base_version=1, into=two, note="重复登记")
    shown = opened(db, desk, people.reviewer, id)
    assert shown["into"]["id"] == two and {f["code"] for f in shown["findings"]} == {"merge-far"}
    assert [f["name"] for f in shown["fields"] if f["changed"]] == ["status", "merged_into"]
    approve(db, desk, people.reviewer, id, version)
    gone, kept = record(db, people.clerk, one), record(db, people.clerk, two)
    assert gone["status"] == "retired" and kept["status"] == "approved"  # type: ignore[index]
    assert [(k["how"], k["id"]) for k in gone["links"]] == [("merged_into", two)]  # type: ignore[index]
    assert [(k["how"], k["id"]) for k in kept["links"]] == [("merged", one)]  # type: ignore[index]
    assert gone["history"][0]["row"]["merged_into"] == two and gone["history"][0]["operation"] == "retire"  # type: ignore[index]


def test_what_hangs_on_a_record_stands_in_the_way_of_its_end(db: Database, desk: Desk, people: People, loaded: int) -> None:  # noqa: F811
    two = in_force(db, desk, TANK | {"name": "同一单元", "lon": 116.34})
    for more in ({"kind": "merge", "into": two}, {"kind": "split", "parts": [TANK, TANK | {"lon": 116.35}]}):
        with pytest.raises(BadInput) as told:
            handed_in(db, desk, people.clerk, {}, feature=loaded, base_version=2, **more)
        assert "open-dangers" in {f["code"] for f in told.value.extra["findings"]}
        with db.as_user(people.clerk, write=True) as conn:
            propose.withdraw(conn, changes.open_of(conn, loaded)["id"], 1, people.clerk, NOW)  # type: ignore[index]


def test_split_into_several_the_link_is_seen_from_all(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    one = in_force(db, desk)
    parts = [TANK | {"name": "一号罐"}, TANK | {"name": "二号罐", "lon": 116.35, "severity": 2}]
    with pytest.raises(BadInput):
        begun(db, desk, people.clerk, {}, kind="split", feature=one, base_version=1, parts=parts[:1])
    id, version = handed_in(db, desk, people.clerk, {}, kind="split", feature=one, base_version=1, parts=parts)
    shown = opened(db, desk, people.reviewer, id)
    assert [p["name"] for p in shown["parts"]] == ["一号罐", "二号罐"] and shown["findings"] == []
    approve(db, desk, people.reviewer, id, version)
    gone = record(db, people.clerk, one)
    assert gone["status"] == "retired"  # type: ignore[index]
    made = [k["id"] for k in gone["links"] if k["how"] == "split_into"]  # type: ignore[index]
    found = [record(db, people.clerk, m) for m in made]
    assert [f["name"] for f in found] == ["一号罐", "二号罐"] and len({f["code"] for f in found} | {gone["code"]}) == 3  # type: ignore[index]
    for f in found:
        assert [(k["how"], k["id"]) for k in f["links"]] == [("split_from", one)]  # type: ignore[index]
        assert f["steward_org"] == people.clerk.org and f["history"][0]["row"]["split_from"] == one  # type: ignore[index]
    with db.as_user(OFFICER) as conn:
        assert {r["change_id"] for r in conn.execute("SELECT change_id FROM feature_version WHERE change_id IS NOT NULL")} == {id}


def test_not_into_itself_nor_another_units_nor_a_retired_one(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    one = in_force(db, desk)
    theirs = in_force(db, desk, TANK | {"name": "别区", "lon": 116.29, "lat": 39.83, "district": "丰台区"})
    for into in (None, one, theirs, 999):
        with pytest.raises(BadInput):
            begun(db, desk, people.clerk, {}, kind="merge", feature=one, base_version=1, into=into)


def test_what_the_built_in_officer_left_open(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    """Nobody signs in as `officer`: a city officer takes it back, and does not decide on what may have been his own."""
    one, version = handed_in(db, desk, OFFICER, TANK)
    left = begun(db, desk, OFFICER, TANK | {"lon": 116.4})
    city = Actor("zhang", "z", "risk_officer", 1, "city", (1,))
    with pytest.raises(Forbidden):
        approve(db, desk, city, one, version)
    with pytest.raises(Forbidden), db.as_user(city, write=True) as conn:
        conn.execute("UPDATE feature_change SET state = 'returned', reason = 'over SQL', checker = 'zhang', decided_at = now(), "
                     "version = version + 1 WHERE id = %s", (one,))  # fmt: skip
    approve(db, desk, people.reviewer, one, version)
    with pytest.raises(Forbidden), db.as_user(people.clerk, write=True) as conn:
        propose.withdraw(conn, left, 1, people.clerk, NOW)
    with db.as_user(city, write=True) as conn:
        propose.withdraw(conn, left, 1, city, NOW)
    assert opened(db, desk, city, left)["state"] == "withdrawn"
