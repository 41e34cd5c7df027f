"""One proposal from its draft to force: what is asked at each step, and that what was reviewed is what is in force."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import psycopg
import pytest

from riskmap import catalogue
from riskmap.core.actor import OFFICER, Actor
from riskmap.core.life_cycle import DECIDERS, PROPOSERS
from riskmap.core.role import MAY
from riskmap.errors import BadInput, Conflict, Forbidden, NotFound
from riskmap.flows import propose, register, review
from riskmap.flows.grade import full
from riskmap.flows.register import Desk
from riskmap.settings import settings
from riskmap.store import changes, features
from riskmap.store.cluster import Dsns
from riskmap.store.database import Database
from riskmap.store.places import gazetteer

NOW = dt.datetime(2026, 11, 24, 2, tzinfo=dt.UTC)
TANK = {"name": "液氯储存单元", "kind": "chemical", "accident_type": "中毒", "likelihood": 4, "severity": 5, "lon": 116.3381, "lat": 39.7271,
        "district": "大兴区", "verified_on": "2026-11-12"}  # fmt: skip


@dataclass
class People:
    """The actors of one district and of another, as the real login role."""

    clerk: Actor
    second: Actor
    reviewer: Actor
    head: Actor
    stranger: Actor
    their_reviewer: Actor


@pytest.fixture
def desk(db: Database) -> Desk:
    with db.as_user(OFFICER) as conn:
        return Desk(catalogue.load(settings().layers_dir, settings().data_dir / "codes"), gazetteer(conn), 100.0)


@pytest.fixture
def people(db: Database) -> People:
    with db.as_user(OFFICER) as conn:
        orgs = {
            r["district_code"]: r["id"]
            for r in conn.execute("SELECT id, district_code FROM org WHERE kind = 'district'").fetchall()
        }

    def one(id: str, role: str, district: str) -> Actor:
        return Actor(id=id, name=id, role=role, org=orgs[district], scope="org", orgs=(orgs[district],))

    return People(one("clerk", "district_clerk", "110115"), one("second", "district_clerk", "110115"), one("reviewer", "reviewer", "110115"),
                  one("head", "district_head", "110115"), one("stranger", "district_clerk", "110106"),
                  one("their", "reviewer", "110106"))  # fmt: skip


def begun(db: Database, desk: Desk, who: Actor, values: dict, **more) -> int:
    with db.as_user(who, write=True) as conn:
        return propose.draft(
            conn, desk, desk.catalogue.layer("risk_source"), more.pop("kind", "create"), values, who, NOW, **more
        )


def handed_in(db: Database, desk: Desk, who: Actor, values: dict, **more) -> tuple[int, int]:
    id = begun(db, desk, who, values, **more)
    with db.as_user(who, write=True) as conn:
        return id, propose.submit(conn, desk, id, 1, who, NOW)


def in_force(db: Database, desk: Desk, values: dict = TANK, who: Actor = OFFICER) -> int:
    with db.as_user(who, write=True) as conn:
        return register.save(conn, desk, desk.catalogue.layer("risk_source"), values, who, NOW)


def opened(db: Database, desk: Desk, who: Actor, id: int) -> dict:
    with db.as_user(who) as conn:
        return review.opened(conn, desk, id, who, NOW)


def test_a_new_record_from_draft_to_force(db: Database, desk: Desk, people: People) -> None:
    id = begun(db, desk, people.clerk, {"name": "液氯储存单元"})
    shown = opened(db, desk, people.clerk, id)
    assert shown["state"] == "draft" and shown["may"]["edit"] and {f["code"] for f in shown["findings"]} >= {"missing"}
    with db.as_user(people.clerk, write=True) as conn:
        assert propose.edit(conn, desk, id, 1, TANK, people.clerk, NOW) == 2
        propose.submit(conn, desk, id, 2, people.clerk, NOW)
    with db.as_user(OFFICER) as conn:
        assert conn.execute("SELECT count(*) AS n FROM feature").fetchone() == {"n": 0}
        assert conn.execute("SELECT count(*) AS n FROM import_batch").fetchone() == {"n": 0}  # judging leaves no plan behind
    shown = opened(db, desk, people.reviewer, id)
    assert shown["may"] == {"decide": True, "edit": False, "own": False} and shown["district"] == "110115"
    assert {f["name"] for f in shown["fields"] if f["changed"]} >= {"name", "kind", "likelihood", "severity", "verified_on"}
    assert shown["level"] == {"old": None, "new": 1} and shown["place"]["new"] == [116.3381, 39.7271]
    with db.as_user(people.reviewer, write=True) as conn:
        done = review.approve(conn, desk, id, shown["version"], people.reviewer, NOW)
    with db.as_user(people.clerk) as conn:
        kept, found = changes.one(conn, id), features.one(conn, "risk_source", done["feature_id"], NOW.date())
        record = kept["payload"]["record"]
        columns = ("name", "lon", "lat", "level", "cell", "address", "district_code", "town_code", "steward_org", "missing")
        assert {k: found[k] for k in columns} == {k: record[k] for k in columns}
        assert found["attributes"] == record["attributes"] and str(found["verified_on"]) == record["verified_on"]
        assert (kept["state"], kept["checker"], kept["feature_id"]) == ("approved", "reviewer", found["id"])
        assert [(m["from"], m["to"], m["actor"]) for m in kept["moves"]] == [
            (None, "draft", "clerk"), ("draft", "submitted", "clerk"), ("submitted", "approved", "reviewer")]  # fmt: skip
        version = conn.execute(
            "SELECT operation, actor, change_id FROM feature_version WHERE feature_id = %s", (found["id"],)
        ).fetchall()
        assert version == [{"operation": "create", "actor": "reviewer", "change_id": id}]
    after = opened(db, desk, people.clerk, id)
    assert after["state"] == "approved" and not after["stale"]


def test_a_change_under_review_leaves_the_old_version_in_force(db: Database, desk: Desk, people: People) -> None:
    feature = in_force(db, desk)
    id, version = handed_in(
        db, desk, people.clerk, {"severity": 3, "lon": 116.3429}, kind="change", feature=feature, base_version=1
    )
    with db.as_user(people.clerk) as conn:
        assert features.one(conn, "risk_source", feature, NOW.date())["attributes"]["severity"] == 5
    shown = opened(db, desk, people.reviewer, id)
    changed = {f["name"]: (f["old"], f["new"]) for f in shown["fields"] if f["changed"]}
    assert changed == {"severity": (5, 3)} and shown["level"] == {"old": 1, "new": 3}
    assert 400 < shown["place"]["moved_m"] < 420
    assert {f["code"] for f in shown["findings"]} >= {"moved-far", "level-moved"}
    with db.as_user(people.reviewer, write=True) as conn:
        review.approve(conn, desk, id, version, people.reviewer, NOW)
    with db.as_user(people.clerk) as conn:
        found = features.one(conn, "risk_source", feature, NOW.date())
        assert (found["version"], found["attributes"]["severity"], found["level"], found["lon"]) == (2, 3, 3, 116.3429)


def test_refused_values_are_kept_in_a_draft_and_never_handed_in(db: Database, desk: Desk, people: People) -> None:
    id = begun(db, desk, people.clerk, TANK | {"severity": "九", "verified_on": "2026/11/12"})
    shown = opened(db, desk, people.clerk, id)
    assert shown["values"]["severity"] == "九" and shown["values"]["verified_on"] == "2026-11-12"
    with pytest.raises(BadInput) as told, db.as_user(people.clerk, write=True) as conn:
        propose.submit(conn, desk, id, 1, people.clerk, NOW)
    assert told.value.extra["findings"][0]["field"] == "severity"
    with pytest.raises(BadInput), db.as_user(people.clerk, write=True) as conn:
        propose.edit(conn, desk, id, 1, {"no_such": 1}, people.clerk, NOW)


def test_returned_with_a_reason_mended_and_handed_in_again(db: Database, desk: Desk, people: People) -> None:
    id, version = handed_in(db, desk, people.clerk, TANK)
    with pytest.raises(BadInput, match="写明"), db.as_user(people.reviewer, write=True) as conn:
        review.send_back(conn, desk, id, version, [], "  ", people.reviewer, NOW)
    with pytest.raises(BadInput, match="没有这个退回原因"), db.as_user(people.reviewer, write=True) as conn:
        review.send_back(conn, desk, id, version, ["whatever"], "", people.reviewer, NOW)
    with db.as_user(people.reviewer, write=True) as conn:
        version = review.send_back(conn, desk, id, version, ["place"], "请核对", people.reviewer, NOW)
    shown = opened(db, desk, people.clerk, id)
    assert shown["state"] == "returned" and shown["reason"] == "位置与地址不符；请核对" and shown["may"]["edit"]
    with pytest.raises(Forbidden), db.as_user(people.second, write=True) as conn:
        propose.edit(conn, desk, id, version, {"address": "某路 1 号"}, people.second, NOW)
    with db.as_user(people.clerk, write=True) as conn:
        version = propose.edit(conn, desk, id, version, {"address": "某路 1 号"}, people.clerk, NOW)
        version = propose.submit(conn, desk, id, version, people.clerk, NOW)
    with pytest.raises(Conflict, match="不能改"), db.as_user(people.clerk, write=True) as conn:
        propose.edit(conn, desk, id, version, {"address": "某路 2 号"}, people.clerk, NOW)
    with pytest.raises(Conflict), db.as_user(people.clerk, write=True) as conn:
        propose.withdraw(conn, id, version, people.clerk, NOW)


def test_nobody_decides_on_their_own_and_clerks_decide_on_nothing(db: Database, desk: Desk, people: People) -> None:
    own, version = handed_in(db, desk, OFFICER, TANK)
    with pytest.raises(Forbidden, match="自己"), db.as_user(OFFICER, write=True) as conn:
        review.approve(conn, desk, own, version, OFFICER, NOW)
    with pytest.raises(Forbidden, match="不提交"):
        begun(db, desk, people.reviewer, TANK)
    with pytest.raises(Forbidden, match="角色"), db.as_user(people.second, write=True) as conn:
        review.approve(conn, desk, own, version, people.second, NOW)
    with db.as_user(people.head, write=True) as conn:
        review.approve(conn, desk, own, version, people.head, NOW)


def test_a_record_that_moved_on_is_shown_in_both_versions(db: Database, desk: Desk, people: People) -> None:
    feature = in_force(db, desk)
    id, version = handed_in(db, desk, people.clerk, {"severity": 3}, kind="change", feature=feature, base_version=1)
    with db.as_user(OFFICER, write=True) as conn:
        register.save(
            conn, desk, desk.catalogue.layer("risk_source"), {"severity": 4, "address": "新街 9 号"}, OFFICER, NOW, feature, 1
        )
    shown = opened(db, desk, people.reviewer, id)
    assert shown["stale"] and {f["field"] for f in shown["conflict"]} == {"severity", "address", "level"}
    with pytest.raises(Conflict) as told, db.as_user(people.reviewer, write=True) as conn:
        review.approve(conn, desk, id, version, people.reviewer, NOW)
    sides = {f["field"]: (f["base"], f["current"], f["proposed"]) for f in told.value.extra["fields"]}
    assert sides["severity"] == (5, 4, 3) and sides["address"] == (None, "新街 9 号", None)
    with db.as_user(people.reviewer, write=True) as conn:
        version = review.send_back(conn, desk, id, version, [], "按新版本重报", people.reviewer, NOW)
    with pytest.raises(Conflict), db.as_user(people.clerk, write=True) as conn:
        propose.submit(conn, desk, id, version, people.clerk, NOW)
    with db.as_user(people.clerk, write=True) as conn:
        version = propose.edit(conn, desk, id, version, {}, people.clerk, NOW, base_version=2)
        version = propose.submit(conn, desk, id, version, people.clerk, NOW)
    with db.as_user(people.reviewer, write=True) as conn:
        review.approve(conn, desk, id, version, people.reviewer, NOW)
    with db.as_user(OFFICER) as conn:
        found = features.one(conn, "risk_source", feature, NOW.date())
        assert (found["version"], found["attributes"]["severity"], found["address"]) == (3, 3, "新街 9 号")


def test_a_record_is_retired_by_two_people_and_has_one_open_proposal(db: Database, desk: Desk, people: People) -> None:
    feature = in_force(db, desk)
    id, version = handed_in(db, desk, people.clerk, {}, kind="retire", feature=feature, base_version=1, note="已拆除")
    with pytest.raises(Conflict, match="未办结") as told:
        begun(db, desk, people.second, {"severity": 2}, kind="change", feature=feature, base_version=1)
    assert told.value.extra["change"] == id
    shown = opened(db, desk, people.reviewer, id)
    assert [f["name"] for f in shown["fields"] if f["changed"]] == ["status"] and shown["note"] == "已拆除"
    with db.as_user(people.reviewer, write=True) as conn:
        review.approve(conn, desk, id, version, people.reviewer, NOW)
    with db.as_user(OFFICER) as conn:
        assert features.one(conn, "risk_source", feature, NOW.date())["status"] == "retired"
        assert conn.execute("SELECT change_id FROM feature_version WHERE version = 2").fetchone() == {"change_id": id}


def test_another_district_finds_nothing(db: Database, desk: Desk, people: People) -> None:
    feature = in_force(db, desk)
    id, version = handed_in(db, desk, people.clerk, {"severity": 3}, kind="change", feature=feature, base_version=1)
    for who in (people.stranger, people.their_reviewer):
        with pytest.raises(NotFound):
            opened(db, desk, who, id)
        with pytest.raises(NotFound), db.as_user(who, write=True) as conn:
            review.approve(conn, desk, id, version, who, NOW)
        with db.as_user(who) as conn:
            assert changes.counts(conn, changes.Asked(("submitted",), who.id)) == {"n": 0, "clean": 0}
            assert conn.execute("SELECT * FROM feature_change_event").fetchall() == []
    with pytest.raises(NotFound):
        begun(db, desk, people.stranger, {"severity": 1}, kind="change", feature=feature, base_version=1)


def test_bulk_takes_only_what_nobody_has_anything_to_say_about(db: Database, desk: Desk, people: People) -> None:
    clean = [handed_in(db, desk, people.clerk, TANK | {"name": f"{n} 号罐", "lon": 116.33 + n / 100}) for n in range(3)]
    doubtful = handed_in(db, desk, people.clerk, TANK | {"name": "旁边的库", "lon": 116.3301})
    in_force(db, desk, TANK | {"name": "已有的罐", "lon": 116.3302})
    late = handed_in(db, desk, people.second, TANK | {"name": "另一库", "lon": 116.33025})
    with db.as_user(people.reviewer, write=True) as conn:
        told = review.approve_many(conn, desk, [*clean, doubtful, late, (999, 1)], people.reviewer, NOW)
    # the tank registered since stands beside the first and beside the doubtful one: looked at anew, they wait as well
    assert [d["id"] for d in told["approved"]] == [id for id, _ in clean[1:]]
    assert {(w["id"], w["code"]) for w in told["left"]} == {
        (clean[0][0], "conflict"), (doubtful[0], "conflict"), (late[0], "conflict"), (999, "not-found")}  # fmt: skip


def test_what_the_district_would_become_is_recomputed_and_taken_back(db: Database, desk: Desk, people: People) -> None:
    in_force(db, desk)
    graded = full(db, desk.catalogue, NOW)
    digest = graded.engine.digest()
    id, version = handed_in(db, desk, people.clerk, TANK | {"name": "二号单元", "lon": 116.36})
    with db.as_user(people.reviewer, write=True) as conn:
        told = review.effect(conn, desk, id, people.reviewer, NOW, graded)
    assert told["district"] == "110115" and told["after"]["d"] > told["before"]["d"]
    assert graded.engine.digest() == digest
    with db.as_user(OFFICER) as conn:
        assert conn.execute("SELECT count(*) AS n FROM feature").fetchone() == {"n": 1}
        assert conn.execute("SELECT state FROM feature_change WHERE id = %s", (id,)).fetchone() == {"state": "submitted"}
    with db.as_user(people.reviewer, write=True) as conn:
        review.approve(conn, desk, id, version, people.reviewer, NOW)
    fresh = full(db, desk.catalogue, NOW)
    state = fresh.state("110115")
    assert (state["d_micro"], state["t_micro"]) == (round(told["after"]["d"] * 1e6), round(told["after"]["t"] * 1e6))


DECIDES = "decided_at = now(), version = version + 1"
COPY = "INSERT INTO feature_change (layer, kind, steward_org, payload, state, maker) SELECT layer, kind, steward_org, payload"
NOTE = "INSERT INTO feature_change_event (change_id, steward_org, to_state, version, actor, role)"
ILLEGAL = [
    ("clerk", f"UPDATE feature_change SET state = 'approved', checker = 'clerk', {DECIDES}", "Forbidden"),
    ("clerk", f"UPDATE feature_change SET state = 'approved', checker = 'reviewer', {DECIDES}", "Forbidden"),
    ("reviewer", f"UPDATE feature_change SET state = 'approved', checker = 'head', {DECIDES}, feature_id = 1", "Forbidden"),
    ("reviewer", "UPDATE feature_change SET state = 'draft', version = version + 1", "RestrictViolation"),
    ("reviewer", f"UPDATE feature_change SET state = 'returned', checker = 'reviewer', {DECIDES}", "CheckViolation"),
    ("reviewer", "UPDATE feature_change SET payload = '{}', version = version + 1", "RestrictViolation"),
    ("clerk", "UPDATE feature_change SET payload = '{}', version = version + 1", "RestrictViolation"),
    ("clerk", "UPDATE feature_change SET maker = 'second', version = version + 1", "RestrictViolation"),
    ("clerk", "UPDATE feature_change SET version = version + 2", "RestrictViolation"),
    ("clerk", "UPDATE feature_change SET steward_org = steward_org", "RestrictViolation"),
    ("clerk", "UPDATE feature_change SET steward_org = steward_org + 1, version = version + 1", "RestrictViolation"),
    ("clerk", "DELETE FROM feature_change", "Forbidden"),
    ("clerk", f"{COPY}, 'approved', 'clerk' FROM feature_change", "RestrictViolation"),
    ("clerk", f"{COPY}, 'draft', 'second' FROM feature_change", "Forbidden"),
    ("clerk", f"{NOTE} SELECT id, steward_org, 'approved', 9, 'reviewer', 'reviewer' FROM feature_change", "RestrictViolation"),
    ("reviewer", "UPDATE feature_change_event SET actor = 'nobody'", "Forbidden"),
    ("reviewer", "DELETE FROM feature_change_event", "Forbidden"),
    ("clerk", "INSERT INTO feature (layer, code, name, steward_org) SELECT layer, 'X', 'x', steward_org FROM feature_change", "Forbidden"),
    ("reviewer", "INSERT INTO feature (layer, code, name, steward_org) SELECT layer, 'X', 'x', steward_org FROM feature_change", "Forbidden"),
    ("reviewer", "UPDATE feature SET name = 'x'", "Forbidden"),
    ("reviewer", "UPDATE feature SET name = 'x', version = version + 1", "Forbidden"),
]  # fmt: skip


@pytest.mark.parametrize("who, statement, refusal", ILLEGAL)
def test_sql_around_the_screens_is_refused_by_the_database(
    db: Database, desk: Desk, people: People, who: str, statement: str, refusal: str
) -> None:
    in_force(db, desk)
    handed_in(db, desk, people.clerk, TANK | {"lon": 116.4})
    with pytest.raises(Exception) as told, db.as_user(getattr(people, who), write=True) as conn:
        assert conn.execute(statement).rowcount > 0
    assert type(told.value).__name__ == refusal, told.value


def test_the_database_and_the_table_of_roles_agree(db: Database) -> None:
    for role in MAY:
        who = Actor(id="who", name="who", role=role, org=1, scope="city", orgs=(1,))
        with db.as_user(who) as conn:
            said = conn.execute("SELECT app.may_propose() AS propose, app.may_decide() AS decide").fetchone()
        assert said == {"propose": role in PROPOSERS, "decide": role in DECIDERS}, role
    assert DECIDERS == {"reviewer", "district_head", "risk_officer"}


def test_approved_without_being_in_force_does_not_commit(db: Database, desk: Desk, people: People) -> None:
    feature = in_force(db, desk)
    handed_in(db, desk, people.clerk, {"severity": 2}, kind="change", feature=feature, base_version=1)
    with pytest.raises(psycopg.errors.RestrictViolation), db.as_user(people.reviewer, write=True) as conn:
        conn.execute(f"UPDATE feature_change SET state = 'approved', checker = 'reviewer', {DECIDES}")


def test_moves_are_kept_even_from_the_owner(db: Database, dsns: Dsns, desk: Desk, people: People) -> None:
    handed_in(db, desk, people.clerk, TANK)
    with psycopg.connect(dsns.superuser, autocommit=True) as conn:
        for statement in (
            "DELETE FROM feature_change_event",
            "UPDATE feature_change_event SET actor = 'x'",
            "DELETE FROM feature_change",
        ):
            with pytest.raises(psycopg.errors.RestrictViolation):
                conn.execute(statement)  # type: ignore[arg-type]
