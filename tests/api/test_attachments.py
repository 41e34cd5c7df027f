"""Photos and papers of a proposal: by a plain form, its maker's alone, another unit's absent, every step in the audit."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from riskmap.api.app import create_app
from riskmap.core.actor import OPERATOR
from riskmap.settings import settings
from riskmap.store.database import Database
from tests.api.people import Person, made
from tests.api.test_forms import begun, hidden, plain, send
from tests.test_attachment import jpeg, pdf, png, segment


@pytest.fixture
def app(db: Database) -> FastAPI:
    made(db, "clerk", "district_clerk")
    made(db, "colleague", "district_clerk")
    made(db, "other", "district_clerk", "110106")
    made(db, "reviewer", "reviewer")
    return create_app(settings(), db, grading=False)


@pytest.fixture
def clerk(app: FastAPI) -> Iterator[Person]:
    with Person(app) as person:
        yield plain(person.signed("clerk"))


def hang(person: Person, change: int, body: bytes, name: str = "现场.jpg", key: str = "") -> object:
    data = {"csrf": person.csrf, "key": key or uuid.uuid4().hex}  # type: ignore[attr-defined]
    return person.post(f"/drafts/{change}/files", data=data, files={"file": (name, body)}, headers={"Idempotency-Key": ""})


def listed(person: Person, change: int) -> list[dict]:
    return person.get(f"/api/changes/{change}/attachments").json()["attachments"]


def test_a_photo_hangs_on_a_proposal_and_is_saved_not_shown(clerk: Person, app: FastAPI, db: Database) -> None:
    id = begun(clerk)
    assert hang(clerk, id, jpeg(segment(0xE1, b"Exif GPS")), "../现场 1.jpg").status_code == 303
    assert hang(clerk, id, pdf(), "方案.pdf").status_code == 303
    photo, paper = listed(clerk, id)
    assert (photo["name"], photo["size"], paper["kind"]) == ("现场 1.jpg", len(jpeg()), "pdf")
    page = clerk.get(f"/drafts/{id}").text
    assert "现场 1.jpg" in page and "方案.pdf" in page
    answer = clerk.get(f"/api/attachments/{photo['id']}")
    assert answer.content == jpeg() and answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"].startswith("attachment;") and answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    with db.as_user(OPERATOR) as conn:
        audited = conn.execute("SELECT operation, after ->> 'name' AS name FROM audit WHERE operation = 'change.attach' ORDER BY id").fetchall()
    assert [a["name"] for a in audited] == ["现场 1.jpg", "方案.pdf"]
    with Person(app) as reviewer:
        reviewer.signed("reviewer")
        assert [a["name"] for a in reviewer.get(f"/api/changes/{id}").json()["attachments"]] == ["现场 1.jpg", "方案.pdf"]
        assert reviewer.get(f"/api/attachments/{photo['id']}").content == jpeg()


def test_another_units_file_is_absent(clerk: Person, app: FastAPI) -> None:
    id = begun(clerk)
    hang(clerk, id, png())
    file = listed(clerk, id)[0]["id"]
    with Person(app) as other:
        plain(other.signed("other"))
        assert other.get(f"/api/attachments/{file}").status_code == 404
        assert other.get(f"/api/changes/{id}/attachments").status_code == 404
        assert hang(other, id, png()).status_code == 404
        assert send(other, f"/drafts/{id}/files/{file}/remove").status_code == 404
    with Person(app) as colleague:
        plain(colleague.signed("colleague"))
        assert colleague.get(f"/api/attachments/{file}").status_code == 200
        assert hang(colleague, id, jpeg()).status_code == 403
        assert send(colleague, f"/drafts/{id}/files/{file}/remove").status_code == 403
    assert len(listed(clerk, id)) == 1


def test_what_is_too_big_or_hostile_is_refused_and_nothing_is_kept(clerk: Person) -> None:
    id = begun(clerk)
    assert hang(clerk, id, png(after=b"\0" * 10_485_760)).status_code == 413
    assert hang(clerk, id, b"<html>").status_code == 422
    assert hang(clerk, id, b"").status_code == 422
    assert clerk.post(f"/drafts/{id}/files", data={"key": uuid.uuid4().hex, "csrf": "0"}, files={"file": ("a.png", png())}).status_code == 403
    assert listed(clerk, id) == []


def test_sent_five_times_it_hangs_once_and_is_taken_away_until_it_is_handed_in(clerk: Person) -> None:
    id = begun(clerk)
    key = uuid.uuid4().hex
    for _ in range(5):
        assert hang(clerk, id, png(), key=key).status_code == 303
    assert hang(clerk, id, png()).status_code == 303  # the same file under another key
    first = listed(clerk, id)
    assert len(first) == 1
    assert send(clerk, f"/drafts/{id}/files/{first[0]['id']}/remove").status_code == 303
    assert listed(clerk, id) == [] and clerk.get(f"/api/attachments/{first[0]['id']}").status_code == 404
    hang(clerk, id, png())
    second = listed(clerk, id)[0]["id"]
    send(clerk, f"/drafts/{id}/submit", version=hidden(clerk.get(f"/drafts/{id}/summary").text, "version"))
    assert hang(clerk, id, jpeg()).status_code == 409
    assert send(clerk, f"/drafts/{id}/files/{second}/remove").status_code == 409
    assert [a["id"] for a in listed(clerk, id)] == [second]
