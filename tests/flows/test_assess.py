"""Chemicals of a major hazard through a proposal: judged, kept with the working under the approval, never otherwise."""

from __future__ import annotations

import psycopg
import pytest

from riskmap.core.actor import OFFICER
from riskmap.errors import BadInput, Conflict, Forbidden
from riskmap.flows import propose, review
from riskmap.flows.register import Desk
from riskmap.store import features, hazards
from riskmap.store.database import Database
from tests.flows.test_propose import NOW, People, desk, people  # noqa: F401 - fixtures

UNIT = {"name": "液氯储存单元", "population_500m": 60, "lon": 116.3381, "lat": 39.7271, "district": "大兴区", "verified_on": "2026-11-12"}
LINES = [{"chemical": "氨", "amount": "15"}, {"chemical": "液氯", "amount": "3000", "unit": "kg", "on_site": "2"}]


def drafted(db: Database, desk: Desk, people: People, values: dict, lines: list | None, **more) -> tuple[int, dict]:  # noqa: F811
    layer = desk.catalogue.layer("major_hazard")
    with db.as_user(people.clerk, write=True) as conn:
        id = propose.draft(conn, desk, layer, more.pop("kind", "create"), values, people.clerk, NOW, holdings=lines, **more)
        return id, review.opened(conn, desk, id, people.clerk, NOW)


def approved(db: Database, desk: Desk, people: People, id: int, version: int = 1) -> int:  # noqa: F811
    with db.as_user(people.clerk, write=True) as conn:
        version = propose.submit(conn, desk, id, version, people.clerk, NOW)
    with db.as_user(people.reviewer, write=True) as conn:
        return review.approve(conn, desk, id, version, people.reviewer, NOW)["feature_id"]


def test_the_level_comes_from_the_chemicals_and_stays_with_its_working(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    id, shown = drafted(db, desk, people, UNIT, LINES)
    work = shown["assessment"]
    assert (work["s"], work["alpha"], work["r"], work["grade"]) == ("2.1", "1.5", "8.1", "四级")
    assert shown["computed"] == {"hazard_grade": "四级", "r_value": 8.1} and "hazard_grade" not in shown["values"]
    assert shown["level"]["new"] == 3 and not [f for f in shown["findings"] if f["code"].startswith("gb18218")]
    assert {s["clause"] for s in work["steps"]} >= {"4.2.1", "4.2.2", "4.3", "4.3 表5", "4.3 表6", "4.3 表3"}
    feature = approved(db, desk, people, id)
    with db.as_user(people.clerk) as conn:
        record = features.one(conn, "major_hazard", feature, NOW.date())
        assert (record["attributes"]["hazard_grade"], record["attributes"]["r_value"]) == ("四级", 8.1)
        (kept,) = hazards.assessments(conn, feature)
        assert kept["working"] == work and (kept["maker"], kept["checker"], kept["change_id"]) == ("clerk", "reviewer", id)
        assert [(str(h["design_max_t"]), h["unit"]) for h in hazards.holdings(conn, feature)] == [("15", "t"), ("3", "kg")]
        assert conn.execute("SELECT count(*) AS n FROM hazard_assessment").fetchone() == {"n": 1}
    with db.as_user(people.stranger) as conn:
        assert hazards.holdings(conn, feature) == [] and hazards.assessments(conn, feature) == []


def test_a_change_supersedes_and_withdraws_and_keeps_the_history(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    feature = approved(db, desk, people, drafted(db, desk, people, UNIT, LINES)[0])
    id, shown = drafted(db, desk, people, {}, [{"chemical": "液氯", "amount": "100"}], kind="change", feature=feature, base_version=1)
    assert shown["assessment"]["s"] == "20" and shown["computed"]["hazard_grade"] == "一级"
    assert {f["name"]: (f["old"], f["new"]) for f in shown["fields"] if f["changed"]}["hazard_grade"] == ("四级", "一级")
    approved(db, desk, people, id)
    with db.as_user(people.clerk) as conn:
        assert [(h["chemical"], str(h["design_max_t"])) for h in hazards.holdings(conn, feature)] == [("液氯", "100")]
        rows = conn.execute("SELECT chemical, withdrawn FROM holding WHERE feature_id = %s ORDER BY id", (feature,)).fetchall()
        assert [(r["chemical"], r["withdrawn"]) for r in rows] == [("氨", False), ("液氯", False), ("液氯", False), ("氨", True)]
        assert [a["grade"] for a in hazards.assessments(conn, feature)] == ["一级", "四级"]


def test_more_residents_work_it_out_anew_from_the_chemicals_on_record(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    feature = approved(db, desk, people, drafted(db, desk, people, UNIT, LINES)[0])
    _, shown = drafted(db, desk, people, {"population_500m": 100}, None, kind="change", feature=feature, base_version=1)
    assert (shown["assessment"]["r"], shown["computed"]["hazard_grade"]) == ("10.8", "三级") and shown["holdings"] is None


def test_a_typed_grade_that_differs_is_a_finding_and_stands(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    _, shown = drafted(db, desk, people, UNIT | {"hazard_grade": "二级", "r_value": 8.1}, LINES)
    assert shown["values"]["hazard_grade"] == "二级" and shown["computed"] == {}
    assert [f["field"] for f in shown["findings"] if f["code"] == "gb18218-differs"] == ["hazard_grade"]
    assert shown["level"]["new"] == 1


@pytest.mark.parametrize(("values", "lines", "code"), [
    (UNIT | {"population_500m": None}, LINES, "gb18218-unknown"),
    (UNIT, [{"chemical": "苯", "amount": "500"}], "gb18218-unknown"),
    (UNIT, [{"chemical": "某助剂", "amount": "500"}], "gb18218-unknown"),
    (UNIT, [{"chemical": "氯", "amount": "4.99"}], "gb18218-below"),
    (UNIT, [], "holdings-empty"),
])  # fmt: skip
def test_the_unknown_and_what_is_below_one_are_told_and_give_no_grade(db: Database, desk: Desk, people: People, values, lines, code) -> None:  # noqa: F811
    id, shown = drafted(db, desk, people, values, lines)
    assert code in {f["code"] for f in shown["findings"]} and shown["computed"] == {} and shown["level"]["new"] is None
    feature = approved(db, desk, people, id)
    with db.as_user(people.clerk) as conn:
        record = features.one(conn, "major_hazard", feature, NOW.date())
        assert record["status"] == "incomplete" and "hazard_grade" in record["missing"]


def test_a_refused_line_is_not_handed_in(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    id, shown = drafted(db, desk, people, UNIT, [{"chemical": "硝化棉", "amount": "5"}, {"chemical": "氨", "amount": "1", "unit": "m3"}])
    assert shown["assessment"] is None
    assert {f["code"] for f in shown["findings"] if f["severity"] == "refuse"} == {"which-row", "density-missing"}
    with pytest.raises(BadInput), db.as_user(people.clerk, write=True) as conn:
        propose.submit(conn, desk, id, 1, people.clerk, NOW)


def test_nobody_writes_chemicals_or_an_assessment_without_an_approval(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    id, _ = drafted(db, desk, people, UNIT, LINES)
    feature = approved(db, desk, people, id)
    other, _ = drafted(db, desk, people, {}, [{"chemical": "氯", "amount": "9"}], kind="change", feature=feature, base_version=1)
    put = "INSERT INTO holding (feature_id, steward_org, chemical, design_max_t, actor, change_id, recorded_at) VALUES (%s, %s, 'x', 1, 'a', %s, %s)"
    keep = "INSERT INTO hazard_assessment (feature_id, steward_org, s, working, actor, change_id, recorded_at) VALUES (%s, %s, 1, '{}', 'a', %s, %s)"
    org = people.reviewer.org
    tries = [(people.reviewer, other), (people.reviewer, None), (people.head, id), (people.clerk, id), (people.clerk, None), (OFFICER, other)]
    for who, change in tries:
        for statement in (put, keep):
            with pytest.raises((Forbidden, Conflict, psycopg.Error)), db.as_user(who, write=True) as conn:
                conn.execute(statement, (feature, org, change, NOW))
    with pytest.raises((Forbidden, psycopg.Error)), db.as_user(OFFICER, write=True) as conn:
        conn.execute("DELETE FROM hazard_assessment")


def test_another_layer_has_no_chemicals(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    with pytest.raises(BadInput), db.as_user(people.clerk, write=True) as conn:
        propose.draft(conn, desk, desk.catalogue.layer("risk_source"), "create", {"name": "x"}, people.clerk, NOW, holdings=LINES)
