"""What is refused is known afterwards, and told to a person as a page."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI

from riskmap.api.app import create_app
from riskmap.settings import settings
from riskmap.store.cluster import Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect
from tests.api.people import Person, made

HTML = {"Accept": "text/html"}


@pytest.fixture
def app(db: Database) -> FastAPI:
    for login, role in (("clerk", "district_clerk"), ("chief", "reviewer"), ("keeper", "security_admin")):
        made(db, login, role)
    return create_app(settings(), db, grading=False)


def refused(dsns: Dsns) -> list[dict[str, Any]]:
    with connect(dsns.superuser) as conn:
        return conn.execute("""SELECT actor, role, address, layer, object_id, after, result FROM audit
                               WHERE operation = 'refused' ORDER BY id""").fetchall()


def test_what_a_role_may_not_is_in_the_audit(app: FastAPI, dsns: Dsns) -> None:
    person = Person(app, "10.9.8.7").signed("clerk")
    assert person.post("/api/layers/shelter/features/12/retire", headers={"If-Match": '"1"'}).status_code == 403
    (row,) = refused(dsns)
    assert (row["actor"], row["role"], row["address"], row["layer"], row["object_id"], row["result"]) == (
        "clerk", "district_clerk", "10.9.8.7", "shelter", 12, "refused")  # fmt: skip
    assert row["after"]["route"] == "POST /api/layers/{layer}/features/{id}/retire" and row["after"]["where"] == "feature.put"
    assert person.get("/api/audit").status_code == 403 and len(refused(dsns)) == 2


def test_a_flood_of_refusals_is_one_row_with_its_number(app: FastAPI, dsns: Dsns, monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(app).signed("clerk")
    for _ in range(5):
        assert person.get("/api/audit").status_code == 403
    assert [r["after"]["times"] for r in refused(dsns)] == [1]
    monkeypatch.setattr("riskmap.api.refused.AGAIN_S", 0.0)
    person.get("/api/audit")
    assert [r["after"]["times"] for r in refused(dsns)] == [1, 5]


def test_a_forged_change_is_in_the_audit(app: FastAPI, dsns: Dsns) -> None:
    person = Person(app).signed("clerk")
    answer = person.post("/api/layers/shelter/export", json={"format": "csv"}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    person.token = "0" * 64
    assert person.post("/api/layers/shelter/export", json={"format": "csv"}).status_code == 403
    assert [r["after"]["where"] for r in refused(dsns)] == ["Origin", "X-CSRF-Token"]


def test_a_refused_decision_is_in_the_audit(app: FastAPI, dsns: Dsns, source: dict[str, Any]) -> None:
    """The database's own no, not the table's: one decides on nothing of one's own."""
    made(app.state.db, "officer2", "risk_officer")
    person = Person(app).signed("officer2")
    id = person.post("/api/layers/risk_source/changes", json={"kind": "create", "values": source}).json()["id"]
    version = person.post(f"/api/changes/{id}/submit", headers={"If-Match": '"1"'}).json()["version"]
    answer = person.post(f"/api/changes/{id}/approve", headers={"If-Match": f'"{version}"'})
    assert answer.status_code == 403, answer.text
    (row,) = refused(dsns)
    assert row["actor"] == "officer2" and row["object_id"] == id and row["after"]["route"] == "POST /api/changes/{id}/approve"


def test_a_person_reads_a_page_and_a_program_data(app: FastAPI) -> None:
    person = Person(app).signed("clerk")
    answer = person.get("/api/audit", headers=HTML)
    assert answer.status_code == 403 and answer.headers["content-type"].startswith("application/problem+json")
    answer = person.get("/enterprises/987654", headers=HTML)
    assert answer.status_code == 404 and answer.headers["content-type"].startswith("text/html") and "返回" not in answer.text[:20]
    assert 'role="alert"' in answer.text and answer.headers["x-request-id"] in answer.text
    keeper = Person(app).signed("keeper")
    answer = keeper.get("/enterprises", headers=HTML)
    assert answer.status_code == 403 and "安全管理员不能做这件事" in answer.text and "/roles" in answer.text
    assert "not for a security administrator" in keeper.get("/enterprises?lang=en", headers=HTML).text


def test_a_browser_reads_how_to_begin(db: Database) -> None:
    stranger = Person(create_app(settings(), db, grading=False), "10.0.0.5")
    answer = stranger.get("/", headers=HTML)
    assert answer.status_code == 403 and answer.headers["content-type"].startswith("text/html")
    assert "riskmap user add" in answer.text and "还没有账户" in answer.text and "No accounts yet" in answer.text
    assert stranger.get("/").headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("name", ["X-Forwarded-Proto", "Via", "X-Original-URL"])
def test_no_header_of_a_proxy_passes_the_open_house(db: Database, name: str) -> None:
    here = Person(create_app(settings(), db, grading=False), "127.0.0.1")
    assert here.get("/api/layers").status_code == 200
    assert here.get("/api/layers", headers={name: "x"}).status_code == 403
