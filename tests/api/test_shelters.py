"""Shelters' reports by their people: unknown stays unknown, full is consistent, one truth in record, map and near; and the database in between."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from riskmap.api.app import create_app
from riskmap.core import shelter
from riskmap.core.actor import Actor
from riskmap.settings import settings
from riskmap.store.database import Database
from tests.api.people import Person, made

WHO = {"bao": ("district_clerk", "110115"), "shen": ("reviewer", "110115"), "wai": ("district_clerk", "110105"), "shi": ("risk_officer", "110000"),
       "zhi": ("commander", "110000")}  # fmt: skip


@pytest.fixture
def at(db: Database) -> dict[str, Any]:
    for login, (role, org) in WHO.items():
        made(db, login, role, org)
    app = create_app(settings(), db, grading=False)
    people: dict[str, Any] = {login: Person(app).signed(login) for login in WHO}
    for key, name, capacity in (("school", "大兴一小", 300), ("park", "大兴公园", None)):
        east = 116.33 if capacity else 116.35
        sent = {"name": name, "district": "大兴区", "shelter_level": "县级", "capacity": capacity, "lon": east, "lat": 39.73}
        answer = people["shi"].post("/api/layers/shelter/features", json=sent)
        assert answer.status_code == 201, answer.text
        people[key] = answer.json()["id"]
    return people


def tell(person: Person, id: int, expect: int = 201, **body: Any) -> dict[str, Any]:
    answer = person.post(f"/api/shelters/{id}/{'occupancy' if 'people' in body else 'states'}", json=body)
    assert answer.status_code == expect, answer.text
    return answer.json()


def record(person: Person, id: int) -> dict[str, Any]:
    return person.get(f"/api/layers/shelter/features/{id}").json()


def test_opened_filled_emptied_closed(at):
    bao, school = at["bao"], at["school"]
    before = record(bao, school)
    assert before["shelter"]["state"] == "normal" and before["shelter"]["free"] is None and before["shelter"]["people"] is None
    assert tell(bao, school, people=10, expect=409)["title"].startswith("场所没有启用")
    now = tell(bao, school, state="opened")
    assert now["state"] == "opened" and now["free"] is None, "nobody counted yet: unknown, not 300"
    assert tell(bao, school, people=120)["free"] == 180
    after = record(at["zhi"], school)
    assert after["properties"]["attributes"]["state"] == "opened" and after["properties"]["version"] == before["properties"]["version"] + 1
    assert after["history"][0]["changed"] == ["state"] and after["shelter"]["free"] == 180 and after["shelter"]["counted_at"]
    full = tell(bao, school, people=310)
    assert (full["state"], full["free"], full["over"], full["counted"]) == ("full", 0, 10, True)
    assert tell(bao, school, state="opened", expect=409)["remedy"].startswith("先上报现有人数")
    assert tell(bao, school, state="closed", expect=409)["title"].startswith("场所内还有 310 人")
    assert tell(bao, school, people=40)["state"] == "opened", "full by a count alone is full no longer"
    assert tell(bao, school, people=0)["free"] == 300
    assert tell(bao, school, state="closed")["people"] is None
    again = tell(bao, school, state="opened")
    assert again["people"] is None and again["free"] is None, "a count of another opening says nothing of this one"
    assert [s["state"] for s in bao.get(f"/api/shelters/{school}/states").json()["states"]] == ["opened", "closed", "opened", "full", "opened"]
    assert [c["people"] for c in bao.get(f"/api/shelters/{school}/occupancy").json()["occupancy"]] == [0, 40, 310, 120]


def test_unknown_capacity_is_never_full_by_a_count_and_never_free(at):
    bao, park = at["bao"], at["park"]
    tell(bao, park, state="opened")
    now = tell(bao, park, people=5000)
    assert (now["state"], now["capacity"], now["free"], now["over"]) == ("opened", None, None, None)
    assert tell(bao, park, state="full", expect=422)["where"] == "note"
    told = tell(bao, park, state="full", note="帐篷用完")
    assert (told["state"], told["free"], told["doubt"]) == ("full", 0, False)


def test_full_against_the_count_has_a_reason_and_stays_until_somebody_says_otherwise(at):
    bao, school = at["bao"], at["school"]
    tell(bao, school, state="opened")
    tell(bao, school, people=100)
    assert tell(bao, school, state="full", expect=422)["where"] == "note"
    told = tell(bao, school, state="full", note="东楼不能使用")
    assert (told["free"], told["doubt"]) == (0, True)
    assert tell(bao, school, people=90)["state"] == "full"
    assert tell(bao, school, state="opened")["free"] == 210


def test_near_tells_free_places_and_when(at):
    tell(at["bao"], at["school"], state="opened")
    tell(at["bao"], at["school"], people=100)
    near = "/api/near?lon=116.33&lat=39.73&layers=shelter&radius_m=9000"
    found = {f["id"]: f for f in at["zhi"].get(near).json()["found"]}
    assert found[at["school"]]["free"] == 200 and found[at["school"]]["state"] == "opened" and found[at["school"]]["counted_at"]
    assert found[at["park"]]["free"] is None and found[at["park"]]["capacity"] is None
    other = {f["id"]: f for f in at["wai"].get(near).json()["found"]}
    assert other[at["school"]]["state"] == "opened" and other[at["school"]]["free"] is None, "the count is its unit's and the city's"


def test_who_reports_and_who_reads(at):
    school = at["school"]
    for who in ("wai", "shen", "zhi"):
        tell(at[who], school, state="opened", expect=403)
    tell(at["bao"], school, state="opened")
    tell(at["bao"], school, people=7)
    assert at["wai"].get(f"/api/shelters/{school}/occupancy").json()["occupancy"] == []
    assert at["wai"].get(f"/api/shelters/{school}/occupancy").json()["now"]["people"] is None
    assert at["zhi"].get(f"/api/shelters/{school}/occupancy").json()["occupancy"][0]["actor"] == "bao"
    assert at["bao"].get("/api/shelters/999999/states").status_code == 404
    late = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)).isoformat()
    tell(at["bao"], school, people=7, counted_at=late, expect=422)
    tell(at["bao"], school, people=7, counted_at="2026-01-01T00:00:00Z", expect=422)
    tell(at["bao"], school, people=-1, expect=422)
    tell(at["bao"], school, people=1.5, expect=422)


def test_one_key_one_report_and_everything_audited(at, db):
    school = at["school"]
    for _ in range(3):
        answer = at["bao"].post(f"/api/shelters/{school}/states", json={"state": "opened"}, headers={"Idempotency-Key": "same-key-1"})
        assert answer.status_code == 201
    tell(at["bao"], school, people=12)
    with db.as_user(Actor("x", "x", "auditor", 1, "none")) as conn:
        rows = conn.execute("SELECT actor, operation, after FROM audit WHERE operation LIKE 'shelter.%%' ORDER BY id").fetchall()
    assert [(r["actor"], r["operation"]) for r in rows] == [("bao", "shelter.state"), ("bao", "shelter.people")]
    assert rows[1]["after"]["people"] == 12


def test_two_reports_at_once_are_both_kept(at):
    tell(at["bao"], at["school"], state="opened")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: at["bao"].post(f"/api/shelters/{at['school']}/occupancy", json={"people": n}).status_code, range(290, 310)))
    assert set(answers) == {201}
    assert len(at["bao"].get(f"/api/shelters/{at['school']}/occupancy").json()["occupancy"]) == 20


def test_the_database_refuses_by_itself(at, db):
    tell(at["bao"], at["school"], state="opened")
    tell(at["bao"], at["school"], people=50)
    with db.as_user(Actor("shi", "x", "risk_officer", 1, "city", (1,))) as conn:
        org = conn.execute("SELECT steward_org AS o FROM feature WHERE id = %s", (at["school"],)).fetchone()["o"]
    clerk = Actor("bao", "x", "district_clerk", org, "org", (org,))
    for statement in (
        "INSERT INTO shelter_state (feature_id, steward_org, state, happened_at, actor) VALUES (%(f)s, %(o)s, 'closed', clock_timestamp(), 'bao')",
        "INSERT INTO shelter_state (feature_id, steward_org, state, happened_at, actor) VALUES (%(f)s, %(o)s, 'full', clock_timestamp(), 'bao')",
        "INSERT INTO shelter_state (feature_id, steward_org, state, happened_at, actor) VALUES (%(f)s, %(o)s, 'opened', '2026-01-01', 'bao')",
        "INSERT INTO shelter_state (feature_id, steward_org, state, happened_at, actor) VALUES (%(f)s, %(o)s, 'opened', clock_timestamp(), 'shi')",
        "INSERT INTO shelter_occupancy (feature_id, steward_org, people, counted_at, actor) VALUES (%(f)s, %(o)s, -1, clock_timestamp(), 'bao')",
        "INSERT INTO shelter_occupancy (feature_id, steward_org, people, counted_at, actor) VALUES (%(f)s, 3, 1, clock_timestamp(), 'bao')",
        "UPDATE shelter_occupancy SET people = 1", "DELETE FROM shelter_state",
    ):  # fmt: skip
        try:
            with db.as_user(clerk, write=True) as conn:
                conn.execute(statement, {"f": at["school"], "o": org})
        except (psycopg.Error, Exception) as refused:
            assert type(refused).__name__ in ("Forbidden", "RestrictViolation", "CheckViolation"), refused
        else:
            raise AssertionError(statement)


@pytest.mark.parametrize(("state", "capacity", "people", "free"), [
    ("opened", 300, 120, 180), ("opened", 300, 400, 0), ("opened", None, 120, None), ("opened", 300, None, None), ("full", None, None, 0),
    ("normal", 300, None, None), ("closed", 300, None, None), (None, 300, 1, None), ("opened", 300, 0, 300),
])  # fmt: skip
def test_free_places(state, capacity, people, free):
    assert shelter.free(state, capacity, people) == free


@pytest.mark.parametrize(("given", "places"), [
    ("300", 300), (300.0, 300), (0, None), (-3, None), ("", None), (None, None), ("很多", None), ("inf", None)])  # fmt: skip
def test_capacity_as_it_may_stand_in_a_record(given, places):
    assert shelter.places(given) == places


def test_the_page_works_as_plain_forms(at):
    bao, page = at["bao"], f"/shelters/{at['school']}/state"
    token = bao.token
    for path, body in (("state", {"state": "opened"}), ("occupancy", {"people": "290"})):
        answer = bao.post(f"/shelters/{at['school']}/{path}", data={"csrf": token, "key": f"form-key-{path}", **body})
        assert answer.status_code == 303, answer.text
    text = bao.get(page).text
    assert "290 人" in text and '<b id="free">10 人</b>' in text
    wrong = bao.post(f"/shelters/{at['school']}/state", data={"csrf": token, "key": "form-key-3", "state": "closed"})
    assert wrong.status_code == 409 and "场所内还有 290 人" in wrong.text
    words = bao.post(f"/shelters/{at['school']}/occupancy", data={"csrf": token, "key": "form-key-4", "people": "很多"})
    assert words.status_code == 422 and "人数写整数" in words.text and 'value="很多"' in words.text
    assert "290" not in at["wai"].get(page).text and "f-people" not in at["zhi"].get(page).text
    assert bao.get("/shelters/999999/state").status_code == 404
