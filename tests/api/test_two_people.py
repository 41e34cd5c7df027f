"""Nobody alone becomes somebody else; and what happens between being let in and being served."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from riskmap.api import deps
from riskmap.api.app import create_app
from riskmap.core.actor import OPERATOR, Actor
from riskmap.core.password import hashed
from riskmap.errors import Forbidden
from riskmap.flows import people, signin
from riskmap.settings import settings
from riskmap.store import accounts, journal
from riskmap.store.cluster import Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect
from tests.api.people import PASSWORD, Person, made

NOW = dt.datetime.now(dt.UTC)
BODY = {"login": "wang.fang", "name": "王芳", "role": "district_clerk", "org": "110105"}


@pytest.fixture
def app(db: Database) -> FastAPI:
    for login, role in (("chief", "security_admin"), ("other", "security_admin"), ("li", "commander"), ("shen", "reviewer")):
        made(db, login, role)
    return create_app(settings(), db, grading=False)


@pytest.fixture
def chief(app: FastAPI) -> Person:
    return Person(app).signed("chief")


@pytest.fixture
def other(app: FastAPI) -> Person:
    return Person(app).signed("other")


def test_a_new_account_opens_when_a_second_person_says_yes(app: FastAPI, chief: Person, other: Person) -> None:
    password = chief.post("/api/accounts", json=BODY).json()["password"]
    shut = Person(app).enter("wang.fang", password)
    assert shut.status_code == 401 and "第二人确认" in shut.text
    assert "第二人确认" not in Person(app).enter("wang.fang", "wrong").text  # told to nobody who does not have the password
    mine = chief.post("/api/accounts/wang.fang/confirm")
    assert mine.status_code == 403 and "riskmap user confirm" in mine.json()["remedy"]
    assert other.post("/api/accounts/wang.fang/confirm").json()["confirmed"] is True
    assert Person(app).enter("wang.fang", password).headers["location"] == "/signin/password"
    assert other.post("/api/accounts/wang.fang/confirm").status_code == 409


@pytest.mark.parametrize("grant", [("reset-password", {}), ("role", {"role": "risk_officer"})])
def test_a_reset_or_a_role_by_one_opens_nothing(app: FastAPI, chief: Person, other: Person, grant: tuple[str, dict]) -> None:
    inside = Person(app).signed("li")
    answer = chief.post(f"/api/accounts/li/{grant[0]}", json=grant[1])
    password = answer.json().get("password", PASSWORD)
    assert answer.status_code == 200 and inside.get("/api/me").status_code == 401
    assert Person(app).enter("li", password).status_code == 401
    assert other.post("/api/accounts/li/reset-password", json={}).status_code == 409  # two grants are not mixed
    assert other.post("/api/accounts/li/confirm").status_code == 200
    assert Person(app).enter("li", password).status_code == 303


def test_the_command_line_confirms(app: FastAPI, chief: Person, db: Database) -> None:
    password = chief.post("/api/accounts", json=BODY).json()["password"]
    with db.as_user(OPERATOR, write=True) as conn:
        people.confirm(conn, "wang.fang", OPERATOR)
    assert Person(app).enter("wang.fang", password).status_code == 303


@pytest.mark.parametrize("statement", [
    "UPDATE account SET role = 'risk_officer' WHERE login = 'li'",
    "UPDATE account SET password_hash = 'x' WHERE login = 'li'",
    "UPDATE account SET totp_secret = 'x', totp_confirmed = true WHERE login = 'li'",
    "UPDATE account SET role = 'risk_officer', awaits = 'other' WHERE login = 'li'",
    "UPDATE account SET awaits = NULL WHERE login = 'waiting'",
    "INSERT INTO account (login, name, org, role, password_hash, must_change, password_set_at, created_by, created_at)"
    " VALUES ('x1', 'x', 1, 'auditor', 'h', true, now(), 'a', now())",
])  # fmt: skip
def test_the_database_keeps_the_second_person(app: FastAPI, db: Database, statement: str) -> None:
    chief = Actor("chief", "", "security_admin", 1, "none")
    with db.as_user(chief, write=True) as conn:
        people.add(conn, "waiting", "w", "auditor", "110000", chief, NOW)
    with pytest.raises(Forbidden), db.as_user(chief, write=True) as conn:
        conn.execute(statement)  # type: ignore[arg-type]
    with pytest.raises(Forbidden), db.as_user(Actor("waiting", "", "security_admin", 1, "none"), write=True) as conn:
        conn.execute("UPDATE account SET awaits = NULL WHERE login = 'waiting'")


def test_an_audit_row_is_in_the_name_of_who_acts(app: FastAPI, db: Database) -> None:
    li = Actor("li", "李", "commander", 1, "city")
    for forged in (Actor("shen", "", "commander", 1, "city"), Actor("li", "", "auditor", 1, "city")):
        with pytest.raises(Forbidden), db.as_user(li, write=True) as conn:
            journal.audit(conn, forged, "test")
    with db.as_user(li, write=True) as conn:
        journal.audit(conn, li, "test")


def test_an_old_one_time_password_opens_nothing(app: FastAPI, db: Database) -> None:
    with db.as_user(OPERATOR, write=True) as conn:
        password = people.reset_password(conn, "li", OPERATOR, NOW - dt.timedelta(hours=73))
        fresh = people.reset_password(conn, "shen", OPERATOR, NOW - dt.timedelta(hours=71))
    told = Person(app).enter("li", password)
    assert told.status_code == 401 and "72 小时" in told.text
    assert Person(app).enter("shen", fresh).status_code == 303


def test_a_password_reset_while_the_old_one_is_compared_wins(app: FastAPI, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    real = signin.passwords.matches

    def slow(held: str, given: str) -> bool:
        with db.as_user(OPERATOR, write=True) as conn:
            held_now = accounts.held(conn, login="li")
            assert held_now
            accounts.set_password(conn, held_now["id"], hashed("Another-Password-1"), False, NOW)
        return real(held, given)

    monkeypatch.setattr(signin.passwords, "matches", slow)
    assert Person(app).enter("li").status_code == 401


@pytest.mark.parametrize("when", [1, 2])  # as the change begins, and when all of it is done but not kept
@pytest.mark.parametrize("change", ["UPDATE account SET state = 'disabled' WHERE login = 'li'", "DELETE FROM session",
                                    "UPDATE account SET org = (SELECT id FROM org WHERE code = '110105') WHERE login = 'li'"])  # fmt: skip
def test_whoever_was_shut_out_while_his_body_came_in_changes_nothing(
    app: FastAPI, db: Database, dsns: Dsns, monkeypatch: pytest.MonkeyPatch, change: str, when: int
) -> None:
    person, real = Person(app).signed("li"), deps.still_signed

    asked = []

    def meanwhile(request: object, open: object) -> None:
        asked.append(open)
        if len(asked) == when:
            with connect(dsns.superuser) as conn:
                conn.execute("SELECT set_config('app.role', 'operator', false)")
                conn.execute(change)  # type: ignore[arg-type]
        real(request, open)  # type: ignore[arg-type]

    monkeypatch.setattr(deps, "still_signed", meanwhile)
    answer = person.post("/api/layers/shelter/export", json={"format": "csv"})
    assert answer.status_code == 401 and answer.json()["where"] == "/signin"
    with connect(dsns.superuser) as conn:
        assert conn.execute("SELECT count(*) AS n FROM audit WHERE operation LIKE 'export%'").fetchone() == {"n": 0}


def test_each_half_open_session_is_offered_a_secret_of_its_own(db: Database) -> None:
    made(db, "shen", "reviewer")
    app = create_app(settings().model_copy(update={"totp": "required"}), db, grading=False)
    secrets = []
    for _ in range(2):
        person = Person(app)
        person.enter("shen")
        shown = [re.search(r'id="secret">([A-Z2-7 ]+)<', person.get("/signin/totp").text)[1] for _ in range(2)]  # type: ignore[index]
        assert shown[0] == shown[1]
        secrets.append(shown[0])
    assert secrets[0] != secrets[1]


def test_answers_to_somebody_are_kept_by_no_cache(app: FastAPI) -> None:
    person = Person(app).signed("li")
    for path in ("/api/me", "/api/layers/shelter/features?limit=1", "/api/changes", "/api/layers/shelter/facets", "/"):
        kept = person.get(path).headers["cache-control"]
        assert "no-store" in kept or ("private" in kept and "max-age=0" in kept), (path, kept)


def test_the_same_request_under_another_role_is_another_request(app: FastAPI, db: Database) -> None:
    person, key = Person(app).signed("shen"), {"Idempotency-Key": "the-very-same-key"}
    assert person.post("/api/changes/approve", json={"changes": [{"id": 1, "version": 1}]}, headers=key).status_code == 200
    with db.as_user(OPERATOR, write=True) as conn:
        people.set_role(conn, "shen", "risk_officer", "110000", OPERATOR)
    again = Person(app).signed("shen").post("/api/changes/approve", json={"changes": [{"id": 1, "version": 1}]}, headers=key)
    assert again.status_code == 409


@pytest.mark.parametrize(("address", "same"), [
    ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"), ("::ffff:10.0.0.1", "10.0.0.1"), ("10.0.0.1", "10.0.0.1"),
])  # fmt: skip
def test_one_line_is_one_address(address: str, same: str) -> None:
    assert signin.network(address) == signin.network(same) != signin.network("2001:db8:1:3::1")


def test_a_flood_leaves_the_others_their_connections(app: FastAPI) -> None:
    taken = [signin._room.acquire(blocking=False) for _ in range(24)]
    try:
        assert all(taken) and Person(app).enter("li").status_code == 429
    finally:
        for _ in taken:
            signin._room.release()
    assert Person(app).enter("li").status_code == 303


@pytest.mark.parametrize("given", [
    {"client": ("10.1.1.1", 4711)}, {"headers": {"X-Forwarded-For": "10.1.1.1"}}, {"headers": {"Forwarded": "for=10.1.1.1"}},
    {"client": ("::ffff:10.1.1.1", 1)},
])  # fmt: skip
def test_before_accounts_only_this_machine_is_served(db: Database, given: dict) -> None:
    app = create_app(settings(), db, grading=False)
    where = {"base_url": "http://127.0.0.1", "client": ("127.0.0.1", 4711)} | given
    refused = TestClient(app, **where).get("/api/layers")
    assert refused.status_code == 403 and "riskmap user add" in refused.json()["remedy"]
    assert TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1)).get("/api/layers").status_code == 200
    gated = create_app(settings().model_copy(update={"behind_gate": True}), db, grading=False)
    assert TestClient(gated, **where).get("/api/layers").status_code == (200 if "client" in given else 403)


