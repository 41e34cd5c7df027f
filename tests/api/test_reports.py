"""Reports over the real application: numbered by the database, only appended, from the same facts, on pages, PDF and Word; who may."""

from __future__ import annotations

import io
import re
import threading
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from pypdf import PdfReader

from riskmap.api.app import create_app
from riskmap.settings import settings
from riskmap.store.cluster import Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect
from tests.api.conftest import Client
from tests.api.people import Person, made
from tests.api.test_incidents import opened, plant  # noqa: F401
from tests.flows.test_paper import squeezed, words_of


def begun(client: Client, id: int) -> dict[str, Any]:
    return client.get(f"/api/incidents/{id}/reports").json()["next"]


def reported(client: Client, id: int, kind: str, **more: Any) -> Any:
    return client.post(f"/api/incidents/{id}/reports", json=begun(client, id) | {"kind": kind} | more)


@pytest.fixture
def incident(client: Client, plant: dict[str, int]) -> int:  # noqa: F811
    return opened(client, plant, scenario={"kind": "circle", "radius_m": 500}, source="119 转报", happened_at="2026-11-25T01:06:00+08:00",
                  reported_at="2026-11-25T01:14:00+08:00")["id"]  # fmt: skip


def test_from_the_first_to_the_final_one(client: Client, incident: int) -> None:
    told = begun(client, incident)
    assert told["source"] == "119 转报" and told["deaths"] is None and told["unit"] and "WGS 84" in told["place"]
    assert reported(client, incident, "follow").status_code == 409  # the first is the first
    assert reported(client, incident, "first").json()["number"] == 1
    answer = reported(client, incident, "follow", deaths=1, trend="风向转东")
    assert answer.json() == {"id": incident, "number": 2, "kind": "follow"}
    facts = client.get(f"/api/incidents/{incident}").json()["incident"]["facts"]
    assert facts["deaths"] == 1 and facts["level"] == 4  # one truth: what the report says is known of the incident
    client.post(f"/api/incidents/{incident}/log", json={"move": "facts", "deaths": 3})
    assert begun(client, incident)["deaths"] == 3 and begun(client, incident)["trend"] == "风向转东"
    due = {d["code"] for d in client.get(f"/api/incidents/{incident}/reports").json()["deadlines"]}
    assert "casualties" in due
    assert reported(client, incident, "final", cause="阀门老化").status_code == 201
    found = client.get(f"/api/incidents/{incident}/reports").json()
    assert [r["label"].split(" / ")[0] for r in found["reports"]] == ["初报", "续报一", "终报"] and found["next"] is None
    assert [{c["key"] for c in r["changes"]} for r in found["reports"]] == [set(), {"deaths", "trend"}, {"deaths", "level", "cause"}]
    assert found["reports"][0]["plan_number"] == 1
    again = client.post(f"/api/incidents/{incident}/reports", json=told | {"kind": "follow"})
    assert again.status_code == 409
    notes = [line["note"] for line in client.get(f"/api/incidents/{incident}").json()["log"]]
    assert {"初报已形成", "续报一已形成", "终报已形成"} <= set(notes)


def test_what_cannot_be_is_refused_and_leaves_nothing(client: Client, incident: int) -> None:
    for bad in ({"deaths": -1}, {"title": ""}, {"nature": "accident"}, {"level": 5}, {"happened_at": "2026-11-25T02:00:00+08:00"},
                {"reported_at": "2099-01-01T00:00:00+08:00"}, {"place": "  "}, {"strange": 1}, {"number": 7}):  # fmt: skip
        assert reported(client, incident, "first", **bad).status_code in (409, 422), bad
    assert client.get(f"/api/incidents/{incident}/reports").json()["reports"] == []
    assert client.get("/api/incidents/999/reports").status_code == 404


def test_two_at_once_get_two_numbers_and_one_of_two_finals_is_refused(client: Client, incident: int, db: Database) -> None:
    body = begun(client, incident) | {"kind": "first"}
    assert client.post(f"/api/incidents/{incident}/reports", json=body).status_code == 201
    codes: list[int] = []
    final = body | {"kind": "final"}
    send = lambda: codes.append(client.post(f"/api/incidents/{incident}/reports", json=final).status_code)  # noqa: E731
    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [201, 409, 409, 409]


def test_the_database_keeps_it(client: Client, incident: int, dsns: Dsns) -> None:
    reported(client, incident, "first")
    with connect(dsns.superuser) as conn:
        for statement in ("UPDATE report SET kind = 'final'", "DELETE FROM report"):
            with pytest.raises(psycopg.errors.RestrictViolation):
                conn.execute(statement)
        conn.execute("SELECT set_config('app.role', 'operator', false), set_config('app.actor', 'a', false)")
        for wrong in ("""elements - 'trend'""", """elements || '{"deaths": -1}'""", """elements || '{"deaths": 1.5}'""",
                      """elements || '{"trend": ""}'""", """elements || '{"title": null}'""", """elements || '{"deaths": "0"}'"""):  # fmt: skip
            with pytest.raises(psycopg.errors.CheckViolation):
                conn.execute(f"INSERT INTO report (incident_id, kind, elements) SELECT incident_id, 'follow', {wrong} FROM report")
        with pytest.raises(psycopg.errors.UniqueViolation):
            conn.execute("INSERT INTO report (incident_id, number, kind, elements) SELECT incident_id, 5, 'follow', elements FROM report")


def test_on_paper_it_says_the_same(client: Client, incident: int) -> None:
    reported(client, incident, "first")
    reported(client, incident, "follow", deaths=1, measures="<b>疏散</b> & {{ 1 }}")
    reported(client, incident, "final")
    for number, extra in ((2, "续报一"), (3, "处置过程")):
        answer = client.post(f"/api/incidents/{incident}/reports/{number}/export", json={"format": "pdf"})
        assert answer.status_code == 200, answer.text
        pages = [p.extract_text() for p in PdfReader(io.BytesIO(answer.content)).pages]
        text = squeezed("".join(pages))
        word = squeezed(words_of(client.post(f"/api/incidents/{incident}/reports/{number}/export", json={"format": "docx"}).content))
        for said in (extra, "待查", "1人", "<b>疏散</b>&{{1}}", "报送时限", "国务院令第493号第十、十一条", "签发时间"):
            assert said in text and said in word, said
        assert all("演练" in p for p in pages)
    page = client.get(f"/incidents/{incident}/reports/2").text
    assert re.findall(r'id="new-(\w+)"', page) == ["deaths", "measures"] and "&lt;b&gt;疏散" in page
    assert client.post(f"/api/incidents/{incident}/reports/9/export", json={}).status_code == 404
    lines = client.get(f"/incidents/{incident}/timeline").text
    assert lines.index("发生") < lines.index("接报") < lines.index("立案") < lines.index("初报已形成") < lines.index("终报已形成")


def test_the_form_without_javascript(client: Client, incident: int) -> None:
    page = client.get(f"/incidents/{incident}/reports")
    assert page.status_code == 200 and "待查" in page.text and "初报" in page.text
    form = {k: v or "" for k, v in begun(client, incident).items()} | {"nature": "accident.chemical", "kind": "first", "number": "1"}
    bad = client.post(f"/incidents/{incident}/reports", data=form | {"deaths": "三", "trend": "还在写"})
    assert bad.status_code == 422 and "还在写" in bad.text and "死亡不对" in bad.text  # what was typed stays
    done = client.post(f"/incidents/{incident}/reports", data=form | {"happened_at": "2026-11-25T01:06"}, follow_redirects=False)
    assert done.status_code == 303 and done.headers["location"] == f"/incidents/{incident}/reports/1"
    stale = client.post(f"/incidents/{incident}/reports", data=form | {"kind": "final"})
    assert stale.status_code == 409 and client.get(f"/api/incidents/{incident}/reports").json()["reports"][0]["elements"]["deaths"] is None


def test_who_may(client: Client, incident: int, db: Database) -> None:
    reported(client, incident, "first")
    made(db, "clerk", "district_clerk", "110115")
    made(db, "chief", "commander")
    made(db, "keys", "security_admin")
    app: FastAPI = create_app(settings(), db, grading=False)
    clerk, chief, keys = (Person(app).signed(name) for name in ("clerk", "chief", "keys"))
    assert clerk.get(f"/api/incidents/{incident}/reports").status_code == 200
    body = clerk.get(f"/api/incidents/{incident}/reports").json()["next"] | {"kind": "follow"}
    assert clerk.post(f"/api/incidents/{incident}/reports", json=body).status_code == 403
    assert chief.post(f"/api/incidents/{incident}/reports", json=body).status_code == 201
    assert keys.get(f"/api/incidents/{incident}/reports").status_code == 403
    assert "form" not in re.findall(r'id="(report|form)"', clerk.get(f"/incidents/{incident}/reports").text)
