"""Where people see only part of the city: numbers that must be right all the same, and that nothing else is told on the way."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import replace
from typing import Any

import pytest

from riskmap.core.actor import OFFICER, Actor
from riskmap.core.role import MAY, may
from riskmap.errors import BadInput, Conflict, Forbidden
from riskmap.flows import propose, register, review
from riskmap.flows.register import Desk, Source
from riskmap.store.database import Database
from tests.flows.test_propose import NOW, TANK, People, begun, desk, handed_in, in_force, opened, people  # noqa: F401

FAR = {"lon": 116.2901, "lat": 39.8301, "district": "丰台区"}  # in the other district
HAZARD = {"name": "液氯罐区", "lon": 116.2871, "lat": 39.8301, "district": "丰台区", "verified_on": "2026-11-12", "hazard_grade": "一级"}


def placed(db: Database, desk: Desk, layer: str, values: dict[str, Any], org: int) -> int:  # noqa: F811
    """A record of an organisation wherever it stands, as a file of the city's brings it."""
    at = desk.catalogue.layer(layer)
    with db.as_user(OFFICER, write=True) as conn:
        checked = register.checked_one(desk, at, values, None)
        made = register.plan(conn, desk, checked, Source("f", steward=org), OFFICER)
        register.commit(conn, desk, made["id"], made["plan_hash"], OFFICER, NOW)
        return conn.execute("SELECT max(id) AS id FROM feature").fetchone()["id"]  # type: ignore[index]


def column(db: Database, id: int, name: str) -> Any:
    with db.as_user(OFFICER) as conn:
        return conn.execute("SELECT * FROM feature WHERE id = %s", (id,)).fetchone()[name]  # type: ignore[index]


@pytest.fixture
def linked(db: Database, desk: Desk, people: People) -> tuple[int, int]:  # noqa: F811
    """A major hazard of one district and, on it, a source of another whose people do not see the hazard."""
    hazard = placed(db, desk, "major_hazard", HAZARD, people.stranger.org)
    child = placed(db, desk, "risk_source", TANK | {"likelihood": 2, "severity": 2}, people.clerk.org)
    with db.as_user(OFFICER, write=True) as conn:
        code = conn.execute("SELECT code FROM feature WHERE id = %s", (hazard,)).fetchone()["code"]
        at = desk.catalogue.layer("risk_source")
        register.save(conn, desk, at, {"parent_code": code}, OFFICER, NOW, child, 1)
    assert column(db, hazard, "effective_level") == 1 and column(db, child, "effective_level") == 1 < column(db, child, "level")
    return hazard, child


def test_a_level_from_a_hazard_unseen_stays(db: Database, desk: Desk, people: People, linked: tuple[int, int]) -> None:  # noqa: F811
    _, child = linked
    id, version = handed_in(db, desk, people.clerk, {"address": "新街 9 号"}, kind="change", feature=child, base_version=2)
    assert opened(db, desk, people.reviewer, id)["effective_level"] == {"old": 1, "new": 1}
    with db.as_user(people.reviewer, write=True) as conn:
        review.approve(conn, desk, id, version, people.reviewer, NOW)
    assert column(db, child, "effective_level") == 1 and column(db, child, "address") == "新街 9 号"


def test_what_hangs_on_a_hazard_follows_it_in_another_unit(
    db: Database, desk: Desk, people: People, linked: tuple[int, int]  # noqa: F811
) -> None:  # fmt: skip
    hazard, child = linked
    with db.as_user(people.stranger, write=True) as conn:
        at = desk.catalogue.layer("major_hazard")
        id = propose.draft(conn, desk, at, "change", {"hazard_grade": "四级"}, people.stranger, NOW, feature=hazard, base_version=1)
        version = propose.submit(conn, desk, id, 1, people.stranger, NOW)
    with db.as_user(people.their_reviewer, write=True) as conn:
        review.approve(conn, desk, id, version, people.their_reviewer, NOW)
    assert column(db, hazard, "effective_level") == 3
    assert column(db, child, "effective_level") == min(3, column(db, child, "level")) > 1 and column(db, child, "version") == 2


def test_a_code_is_given_once_in_the_city(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    ours, version = handed_in(db, desk, people.clerk, TANK | FAR, note="厂区跨区界")
    theirs, their_version = handed_in(db, desk, people.stranger, TANK | FAR | {"lon": 116.28})
    with db.as_user(people.their_reviewer, write=True) as conn:
        review.approve(conn, desk, theirs, their_version, people.their_reviewer, NOW)
    with db.as_user(people.reviewer, write=True) as conn:
        review.approve(conn, desk, ours, version, people.reviewer, NOW)
    given = {column(db, id, "code") for id in (1, 2)}
    assert given == {"RS-110106-000001", "RS-110106-000002"}


def test_codes_come_after_those_of_a_file_and_are_never_given_again(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    placed(db, desk, "risk_source", TANK | {"code": "RS-110115-000002"}, people.clerk.org)
    codes = [column(db, in_force(db, desk, TANK | {"name": f"{n} 号", "lon": 116.30 + n / 50}), "code") for n in range(2)]
    assert codes == ["RS-110115-000001", "RS-110115-000003"]
    with db.as_user(OFFICER, write=True) as conn:
        batch = conn.execute("SELECT batch_id FROM feature WHERE code = 'RS-110115-000003'").fetchone()["batch_id"]
        register.undo(conn, desk, batch, OFFICER, NOW)
    assert column(db, in_force(db, desk, TANK | {"name": "又一个", "lon": 116.4}), "code") == "RS-110115-000004"


def test_two_registrations_at_once_do_not_wait_for_each_other(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    """The first has its code and has not ended: the second gets its own and ends before it."""
    first, second = threading.Event(), threading.Event()
    done: list[str] = []

    def slow() -> None:
        with db.as_user(OFFICER, write=True) as conn:
            at = desk.catalogue.layer("risk_source")
            register.save(conn, desk, at, TANK | {"lon": 116.4}, OFFICER, dt.datetime.now(dt.UTC))
            first.set()
            second.wait(30)
        done.append("slow")

    thread = threading.Thread(target=slow)
    thread.start()
    assert first.wait(30)
    in_force(db, desk)
    done.append("quick")
    second.set()
    thread.join()
    with db.as_user(OFFICER) as conn:
        codes = [r["code"] for r in conn.execute("SELECT code FROM feature").fetchall()]
    assert done == ["quick", "slow"] and len(set(codes)) == 2


@pytest.mark.parametrize("role", [*MAY, "nobody"])
def test_the_functions_with_other_eyes_tell_nothing_else(
    db: Database, desk: Desk, people: People, linked: tuple[int, int], role: str  # noqa: F811
) -> None:  # fmt: skip
    hazard, child = linked
    puts, decides = may(role, "feature.put"), may(role, "feature.decide")
    for org, scope, sees in ((people.their_reviewer.org, "org", True), (people.clerk.org, "org", True), (4, "org", False), (4, "none", False)):
        who = Actor("tried", "x", role, org, scope, (org,))
        with db.as_user(who, write=True) as conn:

            def asked(statement: str, *values: Any, conn: Any = conn) -> Any:
                with conn.transaction(force_rollback=True):
                    return list(conn.execute(statement, values).fetchone().values())[0]

            layers = ["major_hazard"]
            level = asked("SELECT app.level_above(%s, %s)", hazard, layers)
            assert level == (1 if sees and may(role, "map.read") else None), (org, scope)
            # not of a layer that nothing follows, not of what is nobody's parent, not of nothing
            assert asked("SELECT app.level_above(%s, %s)", child, layers) is None
            assert asked("SELECT app.level_above(%s, %s)", None, layers) is None
            if org == 4:
                assert asked("SELECT app.level_above(%s, %s)", child, ["risk_source"]) is None
            for statement in ("SELECT app.follow(1, ARRAY['major_hazard'])", "SELECT app.next_code('RS', '110106')"):
                if puts or decides:
                    asked(statement)
                else:
                    with pytest.raises(Exception, match="puts nothing in force"):
                        asked(statement)
            for statement, what in (
                ("SELECT app.hand_over(1)", "hands nothing over"),
                ("SELECT app.begin_numbers('110106')", "permission denied"),
            ):
                with pytest.raises(Exception, match=what):
                    asked(statement)


def test_findings_are_those_of_who_reads_them(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    """The city's officer sees a neighbour of another unit; the district's reviewer is not told of it, and sees what came since."""
    hidden = placed(db, desk, "risk_source", TANK | {"name": "别区的罐", "lon": 116.3382}, people.stranger.org)
    id, version = handed_in(db, desk, OFFICER, TANK | {"district": "大兴区"})
    ours = opened(db, desk, OFFICER, id)
    assert [f["proposal"]["feature_id"] for f in ours["findings"] if f["code"] in ("near-by", "duplicate-soft")] == [hidden]
    shown = opened(db, desk, people.reviewer, id)
    assert shown["findings"] == [] and "别区的罐" not in repr(shown)
    placed(db, desk, "risk_source", TANK | {"name": "自己的库", "lon": 116.3383}, people.clerk.org)
    with pytest.raises(Conflict, match="疑点") as told, db.as_user(people.reviewer, write=True) as conn:
        review.approve(conn, desk, id, version, people.reviewer, NOW, shown["seen"])
    assert [f["code"] for f in told.value.extra["findings"]] == ["near-by"]
    again = opened(db, desk, people.reviewer, id)
    with db.as_user(people.reviewer, write=True) as conn:
        review.approve(conn, desk, id, version, people.reviewer, NOW, again["seen"])
    with db.as_user(OFFICER) as conn:
        after = conn.execute("SELECT after FROM audit WHERE operation = 'change.approve'").fetchone()
    assert after["after"]["findings"] == ["near-by"]  # type: ignore[index]


def test_a_twin_that_came_since_is_told_when_it_is_opened(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    id, version = handed_in(db, desk, people.clerk, TANK)
    assert opened(db, desk, people.reviewer, id)["findings"] == []
    twin = placed(db, desk, "risk_source", TANK, people.clerk.org)
    found = opened(db, desk, people.reviewer, id)["findings"]
    assert [(f["code"], f["proposal"]) for f in found] == [("duplicate-exact", {"feature_id": twin})]
    with db.as_user(people.reviewer, write=True) as conn:
        told = review.approve_many(conn, desk, [(id, version)], people.reviewer, NOW)
    assert told["approved"] == [] and told["left"][0]["id"] == id


def test_a_place_outside_the_own_area_is_answered_and_seen(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    placed(db, desk, "risk_source", TANK | FAR | {"name": "丰台的罐"}, people.stranger.org)
    id = begun(db, desk, people.clerk, TANK | FAR)
    found = opened(db, desk, people.clerk, id)["findings"]
    assert [f["code"] for f in found] == ["outside-unit"]  # and nothing of what the other unit has there
    with pytest.raises(BadInput, match="说明"), db.as_user(people.clerk, write=True) as conn:
        propose.submit(conn, desk, id, 1, people.clerk, NOW)
    with db.as_user(people.clerk, write=True) as conn:
        version = propose.edit(conn, desk, id, 1, {}, people.clerk, NOW, note="厂区跨区界，由本区管理")
        version = propose.submit(conn, desk, id, version, people.clerk, NOW)
    shown = opened(db, desk, people.reviewer, id)
    assert [f["code"] for f in shown["findings"]] == ["outside-unit"] and shown["note"] == "厂区跨区界，由本区管理"
    for who in (people.stranger, people.their_reviewer):
        with db.as_user(who) as conn:
            assert conn.execute("SELECT 1 FROM feature_change").fetchall() == []
    with db.as_user(people.reviewer, write=True) as conn:
        done = review.approve(conn, desk, id, version, people.reviewer, NOW)
    assert (column(db, done["feature_id"], "steward_org"), column(db, done["feature_id"], "district_code")) == (people.clerk.org, "110106")
    # said once: a change of something else does not ask again, a move within the other district neither
    with db.as_user(people.clerk, write=True) as conn:
        at = desk.catalogue.layer("risk_source")
        more = propose.draft(conn, desk, at, "change", {"severity": 3}, people.clerk, NOW, feature=done["feature_id"], base_version=1)
        propose.submit(conn, desk, more, 1, people.clerk, NOW)
    assert "outside-unit" not in {f["code"] for f in opened(db, desk, people.reviewer, more)["findings"]}


def test_a_street_answers_for_a_place_in_another_street(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    with db.as_user(OFFICER) as conn:
        street = conn.execute("SELECT id FROM org WHERE code = '110115001'").fetchone()["id"]  # type: ignore[index]
    clerk = replace(people.clerk, id="street", role="street_clerk", org=street, orgs=(street,))
    other = next(t for t in desk.gazetteer.towns if t.district_code == "110115" and t.code != "110115001")
    id = begun(db, desk, clerk, TANK | {"town": other.name})
    assert "outside-unit" in {f["code"] for f in opened(db, desk, clerk, id)["findings"]}


def test_who_decides_is_refused_where_nobody_sees(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    with pytest.raises(Forbidden), db.as_user(people.clerk, write=True) as conn:
        conn.execute("SELECT app.next_code('RS', '110106')")
