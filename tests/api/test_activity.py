"""待办与动态: what waits for whom, the bell, the event of a transfer for who is to take it; nothing of another unit's, no phone number."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from riskmap.api.app import create_app
from riskmap.settings import settings
from riskmap.store.database import Database
from tests.api.people import Person, made
from tests.api.town import SOURCE, seen

PEOPLE = {"tian": ("district_clerk", "110115"), "shen": ("reviewer", "110115"), "shi": ("risk_officer", "110000"), "zhi": ("commander", "110000"),
          "bie": ("district_clerk", "110106"), "jie": ("reviewer", "110106")}  # fmt: skip


@pytest.fixture
def app(db: Database) -> FastAPI:
    return create_app(settings(), db, grading=False)


@pytest.fixture
def people(app: FastAPI, db: Database) -> dict[str, Person]:
    for login, (role, org) in PEOPLE.items():
        made(db, login, role, org)
    return {login: Person(app).signed(login) for login in PEOPLE}


def waits(person: Person) -> dict[str, int]:
    return {one["key"]: one["n"] for one in person.get("/api/waiting").json()["items"]}


def test_what_waits_is_told_to_who_does_it(people: dict[str, Person]) -> None:
    record = people["shi"].post("/api/layers/risk_source/features", json=SOURCE | {"lon": 116.33, "lat": 39.72}).json()["id"]
    assert [waits(p) for p in people.values()] == [{}] * 6 and 'id="bell"' not in people["zhi"].get("/activity").text
    body = {"kind": "change", "feature_id": record, "base_version": 1, "values": {"severity": 2}, "note": "电话 13812345678"}
    change = people["tian"].post("/api/layers/risk_source/changes", json=body).json()
    people["tian"].post(f"/api/changes/{change['id']}/submit", headers=seen(1))
    assert waits(people["shen"]) == {"review": 1} == waits(people["shi"]) and waits(people["tian"]) == {} == waits(people["jie"])
    assert 'aria-label="待办 1"' in people["shen"].get("/activity").text and 'aria-label="待办 1"' in people["shen"].get("/").text
    version = people["shen"].get(f"/api/changes/{change['id']}").json()["version"]
    people["shen"].post(f"/api/changes/{change['id']}/return", json={"text": "请核对，电话 13812345678"}, headers=seen(version))
    assert waits(people["tian"]) == {"returned": 1} and waits(people["shen"]) == {}
    late = {"feature_id": record, "title": "报警器未投用 13812345678", "grade": "general", "found_on": "2026-10-01", "deadline_on": "2026-10-15",
            "unit": "厂", "person": "李某"}  # fmt: skip
    assert people["tian"].post("/api/dangers", json=late).status_code == 201
    assert waits(people["tian"]) == {"overdue": 1, "returned": 1} and waits(people["bie"]) == {} and waits(people["zhi"]) == {}
    for login in ("tian", "shen", "shi", "zhi"):
        told = people[login].get("/api/activity").json()["items"]
        assert {one["what"] for one in told} >= {"change.submitted", "change.returned", "register", "list"}
        text = people[login].get("/activity").text
        assert "13812345678" not in text and "报警器未投用" in text
    for login in ("bie", "jie"):
        assert people[login].get("/api/activity").json()["items"] == []


def test_the_side_that_is_to_take_a_record_hears_of_it(people: dict[str, Person], db: Database) -> None:
    record = people["shi"].post("/api/layers/risk_source/features", json=SOURCE | {"lon": 116.33, "lat": 39.72}).json()["id"]
    body = {"kind": "transfer", "feature_id": record, "base_version": 1, "to_org": "110106", "note": "管理权移交"}
    change = people["tian"].post("/api/layers/risk_source/changes", json=body).json()["id"]
    version = people["tian"].post(f"/api/changes/{change}/submit", headers=seen(1)).json()["version"]

    def heard() -> list[str]:
        with db.as_engine() as conn:
            found = conn.execute("SELECT e.kind, o.code FROM event e JOIN org o ON o.id = e.steward_org WHERE e.kind = 'changes.offered'").fetchall()
        return [one["code"] for one in found]

    assert heard() == [] and waits(people["jie"]) == {}
    assert people["shen"].post(f"/api/changes/{change}/approve", json={}, headers=seen(version)).status_code == 200
    assert heard() == ["110106"] and waits(people["jie"]) == {"take": 1} and waits(people["bie"]) == {} and waits(people["shen"]) == {}
    told = people["jie"].get("/api/activity").json()["items"]
    assert "transfer.confirmed" in {one["what"] for one in told}


def test_pages_go_on_and_refuse_what_is_no_instant(people: dict[str, Person]) -> None:
    for n in range(4):
        sent = {"name": f"场所{n}", "shelter_level": "县级", "capacity": 300, "lon": 116.3 + n / 50, "lat": 39.75, "district": "大兴区"}
        people["shi"].post("/api/layers/shelter/features", json=sent)
        id = people["shi"].get("/api/layers/shelter/features").json()["features"][0]["id"]
        people["tian"].post(f"/api/shelters/{id}/states", json={"state": ("opened", "normal")[n % 2]})
    first = people["tian"].get("/api/activity?limit=2").json()
    rest = people["tian"].get("/api/activity", params={"limit": 200, "before": first["next"]}).json()["items"]
    assert len(first["items"]) == 2 and rest and rest[0]["at"] < first["items"][-1]["at"]
    for text in ("x", "2026-11-25", "0001-01-01T00:00:00+00:00"):
        assert people["tian"].get("/api/activity", params={"before": text}).status_code == 422
