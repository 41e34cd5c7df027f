"""The method desk: drafted by one, run beside, approved by another, and a page that says so; two closings compared add up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from riskmap import catalogue
from riskmap.api.app import create_app
from riskmap.core.actor import OPERATOR
from riskmap.core.grading.method import GROUPS, Method
from riskmap.flows import demo
from riskmap.flows.closing import close
from riskmap.flows.grade import full
from riskmap.flows.register import Desk
from riskmap.flows.survey import beijing_day
from riskmap.settings import settings
from riskmap.store.database import Database
from riskmap.store.places import gazetteer
from tests.api.people import Person, made
from tests.browser.city import small

TODAY = beijing_day(dt.datetime.now(dt.UTC))


def test_every_parameter_stands_in_a_group() -> None:
    named = [name for names in GROUPS.values() for name in names]
    assert sorted(named) == sorted(Method.model_fields)


@pytest.fixture
def officers(db: Database) -> Iterator[tuple[Person, Person, Person]]:
    for login, role in (("first", "risk_officer"), ("second", "risk_officer"), ("clerk", "district_clerk")):
        made(db, login, role)
    app = create_app(settings(), db, grading=False)
    yield Person(app).signed("first"), Person(app).signed("second"), Person(app).signed("clerk")


def test_one_drafts_another_approves(officers: tuple[Person, Person, Person]) -> None:
    first, second, clerk = officers
    body = {"name": "收紧红线", "changes": {"d_borders": [20, 11, 4]}}
    assert clerk.post("/api/methods", json=body).status_code == 403
    bad = first.post("/api/methods", json={"name": "坏", "changes": {"d_borders": [1, 2, 3]}})
    assert bad.status_code == 422 and "d_borders" in bad.text
    id = first.post("/api/methods", json=body).json()["id"]
    told = clerk.get(f"/api/methods/{id}").json()
    assert told["standing"] == "draft" and [d["parameter"] for d in told["differs"]] == ["d_borders"]
    assert first.post(f"/api/methods/{id}/activate", json={"day": str(TODAY)}).status_code == 409
    assert second.post(f"/api/methods/{id}/activate", json={"day": str(TODAY - dt.timedelta(days=1))}).status_code == 422
    assert second.post(f"/api/methods/{id}/activate", json={"day": str(TODAY + dt.timedelta(days=3))}).status_code == 200
    listed = {m["name"]: m["standing"] for m in clerk.get("/api/methods").json()}
    assert listed["收紧红线"] == "due"
    assert second.post(f"/api/methods/{id}/discard").status_code == 409


def test_two_closings_compared_add_up(db: Database) -> None:
    layers, now = catalogue.load(settings().layers_dir, settings().data_dir / "codes"), dt.datetime.now(dt.UTC)
    with db.as_user(OPERATOR) as conn:
        desk = Desk(layers, gazetteer(conn), settings().soft_duplicate_m)
        city = small(demo.make(conn, settings().data_dir, TODAY))
    demo.load(db, desk, city, OPERATOR, now)
    full(db, layers, now)
    with TestClient(create_app(settings(), db, grading=False), base_url="http://127.0.0.1", client=("127.0.0.1", 4711)) as page:
        drafted = {"name": "极严", "changes": {"d_borders": [0.000003, 0.000002, 0.000001]}}
        id = page.post("/api/methods", json=drafted, headers={"Idempotency-Key": "a-stricter-one"}).json()["id"]
        for d in page.get(f"/api/methods/{id}/beside").json()["districts"]:
            assert d["now"]["d"] == d["then"]["d"]  # other borders, the same risk
            assert d["moved"] == (d["now"]["computed"] != d["then"]["computed"])
            assert d["then"]["computed"] == (1 if d["now"]["d"] else d["now"]["computed"])
        days = [TODAY, TODAY + dt.timedelta(days=400)]
        asked = {"since": days[0], "until": days[1]}
        assert page.get("/api/closings/difference", params=asked).status_code == 404
        for day in days:
            close(db, layers, day, now)
        found = page.get("/api/closings/difference", params=asked).json()["districts"]
        assert len(found) == 16 and any(abs(d["parts"]["lapse"]) > 1e-6 for d in found)  # deadlines passed, nothing was written
        for d in found:
            assert sum(d["parts"].values()) == pytest.approx(d["total"], abs=1e-9)
            if d["d"] is not None and d["d_before"] is not None:
                assert d["total"] == pytest.approx(d["d"] - d["d_before"], abs=2e-6)
        assert page.get("/api/closings/difference", params={"since": days[1], "until": days[0]}).status_code == 422
        assert "ΔD" in page.get("/closings", params=asked).text
