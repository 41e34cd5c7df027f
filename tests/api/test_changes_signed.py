"""The same desk with accounts: a clerk, a reviewer and a head of 大兴区, the same of 朝阳区, the city, and those who see nothing."""

from __future__ import annotations

import pytest

from riskmap.api.app import create_app
from riskmap.settings import settings
from tests.api.people import Person, made
from tests.flows.test_propose import TANK

WHO = {"zhou": ("district_clerk", "110115"), "shen": ("reviewer", "110115"), "tou": ("district_head", "110115"), "wai": ("district_clerk", "110105"),
       "ping": ("reviewer", "110105"), "shi": ("risk_officer", "110000"), "zhi": ("commander", "110000"), "ji": ("auditor", "110000"),
       "xi": ("system_admin", "110000")}  # fmt: skip


@pytest.fixture
def everyone(db) -> dict[str, Person]:
    for login, (role, org) in WHO.items():
        made(db, login, role, org)
    app = create_app(settings(), db, grading=False)
    return {login: Person(app).signed(login) for login in WHO} | {"nobody": Person(app)}


def match(version: int) -> dict[str, str]:
    return {"If-Match": f'"{version}"'}


def test_from_a_clerk_s_draft_to_force_and_nobody_else_s_business(everyone, db):
    at = everyone
    made_ = at["zhou"].post("/api/layers/risk_source/changes", json={"values": TANK})
    assert made_.status_code == 201, made_.text
    id = made_.json()["id"]
    assert at["zhou"].post(f"/api/changes/{id}/submit", headers=match(1)).json()["version"] == 3
    for login in ("wai", "ping"):
        assert at[login].get(f"/api/changes/{id}").status_code == 404
        assert at[login].get(f"/api/changes/{id}").json()["title"] == at[login].get("/api/changes/4711").json()["title"]
        assert at[login].get("/api/changes").json()["count"] == 0
    assert at["ping"].post(f"/api/changes/{id}/approve", headers=match(3)).status_code == 404
    assert at["zhou"].post(f"/api/changes/{id}/approve", headers=match(3)).status_code == 403
    assert at["zhi"].post(f"/api/changes/{id}/approve", headers=match(3)).status_code == 403
    assert at["ji"].get("/api/changes").status_code == at["xi"].get(f"/api/changes/{id}").status_code == 403
    assert at["nobody"].get("/api/changes").status_code == 401
    assert at["nobody"].get("/review").headers["location"].startswith("/signin?next=")
    assert at["shen"].post("/api/layers/risk_source/features", json=TANK).status_code == 403  # only by deciding
    shown = at["shen"].get(f"/api/changes/{id}").json()
    assert shown["may"]["decide"] and shown["maker"] == "zhou"
    done = at["shen"].post(f"/api/changes/{id}/approve", headers=match(3))
    assert done.status_code == 200, done.text
    feature = done.json()["feature_id"]
    assert at["zhou"].get(f"/api/layers/risk_source/features/{feature}").json()["properties"]["name"] == TANK["name"]
    assert at["wai"].get(f"/api/layers/risk_source/features/{feature}").status_code == 404
    assert at["shi"].get(f"/api/changes/{id}").json()["state"] == "approved"


def test_a_change_of_another_s_record_is_404_and_of_one_all_staff_see_403(everyone):
    at = everyone
    shelter = {"name": "操场", "shelter_level": "市级", "capacity": 900, "lon": 116.35, "lat": 39.73}
    kept = at["shi"].post("/api/layers/shelter/features", json=shelter).json()["id"]
    card = at["wai"].get(f"/api/layers/shelter/features/{kept}")  # seen by all staff; its history is its own unit's
    assert card.status_code == 200 and card.json()["properties"]["name"] == "操场" and card.json()["history"] == []
    source = at["shi"].post("/api/layers/risk_source/features", json=TANK).json()["id"]
    body = {"kind": "change", "feature_id": source, "base_version": 1, "values": {"severity": 2}}
    assert at["wai"].post("/api/layers/risk_source/changes", json=body).status_code == 404
    assert (
        at["wai"].post("/api/layers/shelter/changes", json=body | {"feature_id": kept, "values": {"capacity": 1}}).status_code
        == 403
    )
    assert (
        at["zhou"].post("/api/layers/shelter/changes", json=body | {"feature_id": kept, "values": {"capacity": 1}}).status_code
        == 201
    )


def test_the_city_decides_where_the_district_may_and_never_its_own(everyone):
    at = everyone
    id = at["shi"].post("/api/layers/risk_source/changes", json={"values": TANK}).json()["id"]
    at["shi"].post(f"/api/changes/{id}/submit", headers=match(1))
    assert at["shi"].post(f"/api/changes/{id}/approve", headers=match(3)).status_code == 403
    assert at["tou"].post(f"/api/changes/{id}/return", json={"text": "请区里先看"}, headers=match(3)).status_code == 200
    other = at["zhou"].post("/api/layers/risk_source/changes", json={"values": TANK | {"lon": 116.4}}).json()["id"]
    at["zhou"].post(f"/api/changes/{other}/submit", headers=match(1))
    assert at["shi"].post(f"/api/changes/{other}/approve", headers=match(3)).status_code == 200


def test_the_page_is_the_reader_s(everyone):
    assert 'data-decides="1"' in everyone["shen"].get("/review").text
    assert 'data-decides="0"' in everyone["zhou"].get("/review").text
    assert everyone["xi"].get("/review").status_code == 403
