"""Inspections and violations: what is taken, that they stay, that a second person withdraws, and whose they are."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from riskmap.core.actor import OFFICER, Actor
from riskmap.errors import BadInput, Conflict, Forbidden, NotFound
from riskmap.flows import danger, finding
from riskmap.flows.register import Desk
from riskmap.store import findings
from riskmap.store.database import Database
from tests.flows.test_propose import TANK, People, desk, in_force, people  # noqa: F401

LOOKED = {"kind": "routine", "unit": "大兴区应急管理局", "inspectors": "李某、王某", "result": "found", "findings": "报警器未投用"}
WRONG = {"kind": "facility", "fact": "报警器未投用", "basis": "安全生产法第三十六条", "measure": "fine", "amount_yuan": Decimal("20000.00")}


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def put(db: Database, desk: Desk, who: Actor, what: findings.Kind, feature: int, given: dict[str, Any]) -> dict[str, Any]:  # noqa: F811
    with db.as_user(who, write=True) as conn:
        return finding.register(conn, desk.catalogue, what, feature, given, who, now())


def listed(db: Database, who: Actor, what: findings.Kind) -> list[dict[str, Any]]:
    with db.as_user(who) as conn:
        return findings.page(conn, what, findings.Asked(), 50)


def found_danger(db: Database, desk: Desk, who: Actor, feature: int) -> int:  # noqa: F811
    with db.as_user(who, write=True) as conn:
        given = {"feature_id": feature, "title": "报警器未投用", "grade": "general", "found_on": dt.date(2026, 11, 1)}
        return danger.register(conn, desk.catalogue, given, who, now())["id"]


def test_what_is_written_down_is_listed_with_what_it_found(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    id = in_force(db, desk)
    hung = found_danger(db, desk, people.clerk, id)
    put(db, desk, people.clerk, "inspection", id, LOOKED | {"dangers": [hung]})
    put(db, desk, people.clerk, "violation", id, WRONG)
    looked, wrong = listed(db, people.reviewer, "inspection")[0], listed(db, people.reviewer, "violation")[0]
    assert [d["id"] for d in looked["dangers"]] == [hung] and looked["result"] == "found"
    assert wrong["amount_yuan"] == Decimal("20000.00") and wrong["district_code"] == "110115"
    with db.as_user(OFFICER) as conn:
        told = [r["operation"] for r in conn.execute("SELECT operation FROM audit ORDER BY id DESC LIMIT 2").fetchall()]
    assert told == ["violation.register", "inspection.register"]
    for what in ("inspection", "violation"):
        assert listed(db, people.stranger, what) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(("what", "change", "field"), [
    ("violation", {"amount_yuan": None}, "amount_yuan"), ("violation", {"measure": "order"}, "amount_yuan"), ("violation", {"kind": "x"}, "kind"),
    ("violation", {"fact": " "}, "fact"), ("violation", {"basis": ""}, "basis"), ("violation", {"decided_on": dt.date(2099, 1, 1)}, "decided_on"),
    ("violation", {"amount_yuan": Decimal("-1")}, "amount_yuan"), ("violation", {"amount_yuan": Decimal("0.001")}, "amount_yuan"),
    ("inspection", {"findings": ""}, "findings"), ("inspection", {"inspectors": ""}, "inspectors"), ("inspection", {"result": "?"}, "result"),
    ("inspection", {"dangers": [999]}, "dangers"),
])  # fmt: skip
def test_what_is_not_taken_names_its_field(db: Database, desk: Desk, people: People, what: Any, change: dict[str, Any], field: str) -> None:  # noqa: F811
    id = in_force(db, desk)
    with pytest.raises(BadInput) as told:
        put(db, desk, people.clerk, what, id, (LOOKED if what == "inspection" else WRONG) | change)
    assert told.value.where == field and listed(db, people.clerk, what) == []


def test_a_danger_of_another_enterprise_is_not_hung_on(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    id, other = in_force(db, desk), in_force(db, desk, TANK | {"name": "甲罐区", "lon": 116.30})
    with pytest.raises(BadInput):
        put(db, desk, people.clerk, "inspection", id, LOOKED | {"dangers": [found_danger(db, desk, people.clerk, other)]})


def test_a_second_person_withdraws_and_the_row_stays(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    id = in_force(db, desk)
    made = put(db, desk, people.clerk, "violation", id, WRONG)["id"]
    for who, fault in ((people.clerk, Forbidden), (people.their_reviewer, NotFound)):
        with pytest.raises(fault), db.as_user(who, write=True) as conn:
            finding.withdraw(conn, "violation", made, "登错了企业", who, now())
    with pytest.raises(BadInput), db.as_user(people.reviewer, write=True) as conn:
        finding.withdraw(conn, "violation", made, " ", people.reviewer, now())
    with db.as_user(people.reviewer, write=True) as conn:
        finding.withdraw(conn, "violation", made, "登错了企业", people.reviewer, now())
    with pytest.raises(Conflict), db.as_user(people.reviewer, write=True) as conn:
        finding.withdraw(conn, "violation", made, "登错了企业", people.reviewer, now())
    assert listed(db, people.reviewer, "violation") == []
    with db.as_user(OFFICER) as conn:
        assert conn.execute("SELECT withdrawn_by, reason FROM violation").fetchone() == {"withdrawn_by": "reviewer", "reason": "登错了企业"}


def test_the_database_keeps_it(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    id = in_force(db, desk)
    mine = put(db, desk, people.clerk, "violation", id, WRONG)["id"]
    refused = (Forbidden, psycopg.errors.RestrictViolation, psycopg.errors.CheckViolation, BadInput, Conflict)
    columns = "feature_id, steward_org, kind, fact, basis, measure, decided_on, actor"
    head = f"INSERT INTO violation ({columns}) SELECT id, steward_org, 'fire', 'ff', 'bb', "
    for who, statement in (
        (people.clerk, f"UPDATE violation SET withdrawn_by = 'clerk', withdrawn_at = now(), reason = 'because' WHERE id = {mine}"),
        (people.reviewer, f"UPDATE violation SET withdrawn_by = 'head', withdrawn_at = now(), reason = 'because' WHERE id = {mine}"),
        (people.reviewer, f"UPDATE violation SET amount_yuan = 1 WHERE id = {mine}"),
        (people.clerk, "DELETE FROM violation"),
        (people.clerk, head + "'order', '2026-01-01', 'another' FROM feature"),
        (people.clerk, head + "'order', '2099-01-01', app.actor() FROM feature"),
        (people.reviewer, head + "'order', '2026-01-01', app.actor() FROM feature"),
        (people.stranger, head.replace("SELECT id, steward_org", "SELECT 1, 999") + "'order', '2026-01-01', app.actor()"),
    ):
        try:
            with db.as_user(who, write=True) as conn:
                assert conn.execute(statement).rowcount == 0, statement
        except refused:
            continue
    assert len(listed(db, people.clerk, "violation")) == 1
