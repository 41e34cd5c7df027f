"""The audit as the auditor reads it: by who, what, when and record, in pages, masked, and exported with a trace."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

import openpyxl
import pytest
from fastapi import FastAPI

from riskmap.api.app import create_app
from riskmap.core.actor import Actor
from riskmap.settings import settings
from riskmap.store import journal
from riskmap.store.cluster import Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect
from tests.api.people import Person, made

HTML = {"Accept": "text/html"}


@pytest.fixture
def app(db: Database) -> FastAPI:
    for login, role in (("ji", "auditor"), ("zhou", "district_clerk"), ("shi", "risk_officer"), ("guan", "system_admin")):
        made(db, login, role)
    for n in range(120):
        login, operation = ("zhou", "change.submit") if n % 3 else ("shi", "feature.update")
        who = Actor(login, login, "risk_officer", 1, "city", (1,))
        with db.as_user(who, write=True) as conn:
            journal.audit(conn, who, operation, layer="shelter" if n % 2 else "depot", object_id=n % 5 + 1, after={"n": n})
    return create_app(settings(), db, grading=False)


@pytest.fixture
def auditor(app: FastAPI) -> Person:
    return Person(app).signed("ji")


def ids(found: dict[str, Any]) -> list[int]:
    return [r["id"] for r in found["rows"]]


def test_every_filter_and_their_meeting(auditor: Person) -> None:
    def asked(**params: Any) -> list[dict[str, Any]]:
        answer = auditor.get("/api/audit", params=params | {"limit": 500})
        assert answer.status_code == 200, answer.text
        return answer.json()["rows"]

    assert {r["actor"] for r in asked(actor="zhou")} == {"zhou"} and len(asked(actor="zhou", operation="change.submit")) == 80
    assert len(asked(operation="feature.update")) == 40
    assert {(r["layer"], r["object_id"]) for r in asked(layer="depot", object=3)} == {("depot", 3)}
    assert len(asked(actor="shi", layer="shelter", object=4)) == len([n for n in range(120) if n % 3 == 0 and n % 2 and n % 5 == 3])
    today = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=8)).date()
    assert len(asked(since=today, until=today, operation="feature.update")) == 40 and asked(until=today - dt.timedelta(days=1)) == []
    assert asked(actor="nobody") == [] and asked(actor="' OR 1=1 --") == []
    assert auditor.get("/api/audit", params={"since": today, "until": today - dt.timedelta(days=1)}).status_code == 422
    assert auditor.get("/api/audit", params={"actor": "a\x00"}).status_code == 422


def test_the_pages_are_whole_also_while_rows_are_added(auditor: Person, db: Database) -> None:
    seen, params = [], {"operation": "change.submit", "limit": 30}
    while True:
        found = auditor.get("/api/audit", params=params).json()
        seen += ids(found)
        who = Actor("zhou", "z", "risk_officer", 1, "city", (1,))
        with db.as_user(who, write=True) as conn:
            journal.audit(conn, who, "change.submit")
        if found["next"] is None:
            break
        params["before"] = found["next"]
    assert len(seen) == len(set(seen)) == 80 and seen == sorted(seen, reverse=True)


def test_the_page_works_without_javascript(auditor: Person) -> None:
    page = auditor.get("/audit", headers=HTML).text
    assert page.count("<tr>") == 51 and 'method="get" action="/audit"' in page and "feature.update" in page
    older = re.search(r'rel="next" href="([^"]+)"', page)
    assert older
    second = auditor.get(older[1].replace("&amp;", "&"), headers=HTML).text
    numbers = [set(re.findall(r"#(\d+)<", text)) for text in (page, second)]
    assert len(numbers[0]) == len(numbers[1]) == 50 and not numbers[0] & numbers[1]
    found = auditor.get("/audit?actor=shi&operation=feature.update&object=4", headers=HTML).text
    assert 'value="shi"' in found and "<b>shi</b>" in found and "<b>zhou</b>" not in found and "<pre" in found
    assert "没有符合条件的审计记录" in auditor.get("/audit?actor=nobody").text
    wrong = auditor.get("/audit?since=yesterday", headers=HTML)
    assert wrong.status_code == 422 and 'role="alert"' in wrong.text and "since" in wrong.text and 'value="yesterday"' in wrong.text
    assert "Nothing in the audit matches" in auditor.get("/audit?actor=nobody&lang=en").text
    assert auditor.get("/signin").headers["location"] == "/audit"  # the auditor's home


def test_an_export_is_what_is_asked_for_and_leaves_a_row(auditor: Person, dsns: Dsns) -> None:
    answer = auditor.post("/api/audit/export", json={"actor": "shi", "operation": "feature.update"})
    assert answer.status_code == 200 and answer.headers["x-rows"] == "40"
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet = book.worksheets[0]
    assert sheet.max_row == 41 and {row[2].value for row in sheet.iter_rows(min_row=2)} == {"shi"}
    assert "某ji" in str([cell.value for row in book["说明"].iter_rows() for cell in row])
    data = {"csrf": auditor.token, "key": "the-key-of-a-form", "actor": "shi", "until": "2030-01-01"}
    form = auditor.post("/audit/export", data=data, headers={"X-CSRF-Token": "", "Idempotency-Key": ""})
    assert form.status_code in (200, 403)
    plain = Person(auditor.app).signed("ji")
    data["csrf"], plain.token = plain.token, ""
    form = plain.post("/audit/export", data=data, headers={"Idempotency-Key": ""})
    assert form.status_code == 200 and int(form.headers["x-rows"]) >= 40, form.text
    with connect(dsns.superuser) as conn:
        rows = conn.execute("SELECT actor, after FROM audit WHERE operation = 'audit.export' ORDER BY id").fetchall()
    assert rows[0] == {"actor": "ji", "after": {"filters": {"actor": "shi", "operation": "feature.update"}, "rows": 40, "truncated": False}}
    assert rows[-1]["after"]["filters"] == {"actor": "shi", "until": "2030-01-01"}


def test_nobody_else_reads_it(app: FastAPI) -> None:
    for login in ("zhou", "shi", "guan"):
        person = Person(app).signed(login)
        assert {person.get(path).status_code for path in ("/audit", "/api/audit")} == {403}, login
        assert person.post("/api/audit/export", json={}).status_code == 403


def test_persons_and_phones_are_masked_at_any_depth(auditor: Person, db: Database) -> None:
    who = Actor("shi", "s", "risk_officer", 1, "city", (1,))
    told = {"keeper_phone": "13812345678", "keeper": "王小明",
            "values": {"keeper_phone": ["010-12345678"], "note": "联系13912345678，或 010-87654321"},
            "person": "李四", "level": 13812345678}  # fmt: skip
    with db.as_user(who, write=True) as conn:
        journal.audit(conn, who, "feature.update", layer="depot", object_id=77, before=told, after={"note": "改为 13712345678"})
    texts = [auditor.get("/api/audit?object=77").text, auditor.get("/audit?object=77").text]
    sheet = openpyxl.load_workbook(io.BytesIO(auditor.post("/api/audit/export", json={"object": 77}).content)).worksheets[0]
    texts.append(str([cell.value for row in sheet.iter_rows() for cell in row]))
    for text in texts:
        assert not [n for n in ("13812345678\"", "王小明", "12345678\"", "139123", "87654321", "李四", "1371234") if n in text]
        assert "138****78" in text and "王****" in text
