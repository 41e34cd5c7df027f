"""本期无变化 over HTTP and on the page of an enterprise: all of it with a count and an undo, without JavaScript."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from riskmap.api.app import create_app
from riskmap.settings import settings
from riskmap.store.database import Database
from tests.api.people import Person, made


@pytest.fixture
def app(db: Database) -> FastAPI:
    return create_app(settings(), db, grading=False)


def test_all_of_an_enterprise_by_its_page(app: FastAPI, db: Database) -> None:
    for login, role, org in (("tian", "district_clerk", "110115"), ("shen", "reviewer", "110115"), ("bie", "district_clerk", "110105"),
                             ("shi", "risk_officer", "110000")):  # fmt: skip
        made(db, login, role, org)
    city, clerk = Person(app).signed("shi"), Person(app).signed("tian")
    at = {"lon": 116.33, "lat": 39.72, "district": "大兴区"}
    of = city.post("/api/layers/enterprise/features", json={"name": "甲一净水剂厂", **at}).json()
    source = {"kind": "chemical", "accident_type": "中毒", "likelihood": 3, "parent_code": of["properties"]["code"], "verified_on": "2026-03-01"}
    ids = [city.post("/api/layers/risk_source/features", json=source | at | {"name": name, "lon": lon} | more).json()["id"]
           for name, lon, more in (("氯库", 116.331, {"severity": 4}), ("泵房", 116.335, {"severity": 3}), ("空压站", 116.338, {}))]  # fmt: skip
    page = f"/enterprises/{of['id']}"
    text = clerk.get(page).text
    assert "全部 3 条本期无变化" in text  # the plant and two sources; the third lacks its S
    seen = re.search(r'name="seen" value="([^"]+)"', text)
    assert seen and len(seen[1].split()) == 3
    form = {"csrf": clerk.token, "key": "a-click-of-mine", "seen": seen[1]}
    done = TestClient.request(clerk, "POST", f"{page}/confirm", data=form)  # as a browser without JavaScript sends it
    assert done.status_code == 303, done.text
    back = clerk.get(done.headers["location"]).text
    assert "已确认 3 条本期无变化" in back and 'id="confirm-all"' not in back
    assert city.get(f"/api/layers/risk_source/features/{ids[0]}").json()["history"][0]["operation"] == "confirm"
    sitting = re.search(r"sitting=([0-9a-f-]{36})", done.headers["location"])
    assert sitting and 'id="unconfirm"' in back and 'id="unconfirm"' not in Person(app).signed("shen").get(done.headers["location"]).text
    undone = clerk.post(f"{page}/unconfirm", data={"csrf": clerk.token, "key": "undo-of-mine", "sitting": sitting[1]})
    assert "已撤销 3 条的确认" in clerk.get(undone.headers["location"]).text
    assert city.get(f"/api/layers/risk_source/features/{ids[0]}").json()["properties"]["verified_on"] == "2026-03-01"
    # another district: the record is not there; a reviewer: not for this role; nobody's form without its token
    stranger = Person(app).signed("bie")
    asked = {"records": [{"id": ids[0], "version": 3}]}
    assert stranger.post("/api/confirmations", json=asked).status_code == 404
    assert stranger.post(f"/api/confirmations/{sitting[1]}/undo").status_code == 404
    assert Person(app).signed("shen").post("/api/confirmations", json=asked).status_code == 403
    assert TestClient.request(clerk, "POST", f"{page}/confirm", data=form | {"csrf": "0" * 64}).status_code == 403
