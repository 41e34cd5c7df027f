"""Signing in over HTTP: limits, one answer for all that is wrong, sessions that die at once, the second factor, changes from our pages only."""

from __future__ import annotations

import datetime as dt
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from fastapi import FastAPI

from riskmap.api.app import create_app
from riskmap.core.actor import OPERATOR
from riskmap.flows import people, signin
from riskmap.settings import settings
from riskmap.store.cluster import Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect
from tests.api.people import PASSWORD, Person, made

NEW = "Xin-Kouling-2027 春"
CHANGE = "/api/layers/shelter/export"  # a change any reader may ask for


@pytest.fixture
def make(db: Database) -> Callable[..., FastAPI]:
    """The application under other settings."""
    return lambda **more: create_app(settings().model_copy(update=more), db, grading=False)


@pytest.fixture
def app(make: Callable[..., FastAPI], db: Database) -> FastAPI:
    made(db, "li", "commander")
    return make()


def audited(db: Database, operation: str = "") -> list[dict[str, Any]]:
    with db.as_user(OPERATOR) as conn:
        return conn.execute(
            "SELECT actor, operation, address, after, result FROM audit WHERE %(o)s IN ('', operation) ORDER BY id",
            {"o": operation},
        ).fetchall()


def turn_back(dsns: Dsns, statement: str) -> None:
    with connect(dsns.superuser) as conn:
        assert conn.execute(statement).rowcount >= 1  # type: ignore[arg-type]


def act(db: Database, do: Callable[..., Any], *args: Any) -> Any:
    with db.as_user(OPERATOR, write=True) as conn:
        return do(conn, *args)


def told(answer: Any) -> str:
    found = re.search(r'id="told">(.*?)</div>', answer.text, re.S)
    assert found, answer.text
    return found[1]


def test_the_door_without_javascript(app: FastAPI, db: Database) -> None:
    person = Person(app)
    page = person.get("/signin?next=/?layer=shelter")
    assert page.status_code == 200 and "<script" not in page.text and "script-src" not in page.headers["content-security-policy"]
    assert 'value="/?layer=shelter"' in page.text
    answer = person.enter("LI ", next="/?layer=shelter")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?layer=shelter")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-riskmap=") and {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie and len(person.cookie) >= 43
    assert "某li" in person.get("/").text and person.get("/api/me").json()["role"] == "commander"
    assert [(a["actor"], a["operation"]) for a in audited(db)][-1] == ("li", "signin")


def test_plain_http_is_a_setting(make: Callable[..., FastAPI], db: Database) -> None:
    made(db, "li", "commander")
    answer = Person(make(plain_http=True)).enter("li")
    assert answer.headers["set-cookie"].startswith("riskmap=") and "Secure" not in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "next", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/signout", "/a\nb"]
)
def test_the_way_on_stays_here(app: FastAPI, next: str) -> None:
    assert Person(app).enter("li", next=next).headers["location"] == "/"


def test_five_hundred_wrong_from_many_addresses(app: FastAPI, db: Database) -> None:
    """50 logins (25 of them real) × 10 from 10 addresses at once: exactly as many are compared as the limits say, nobody comes in, all is audited."""
    for n in range(25):
        made(db, f"person{n}", "commander")
    addresses = [Person(app, f"10.9.0.{i}") for i in range(10)]
    before, begun = len(audited(db)), time.monotonic()
    answers = [addresses[i % 10].enter(f"person{i % 50}", "Wrong-Password-1") for i in range(500)]
    took = time.monotonic() - begun
    count = Counter(a.status_code for a in answers)
    assert set(count) == {401, 429}
    minutes = int(took // 60) + 1
    assert 200 <= count[401] <= 200 * minutes  # 20 an address and 200 in all, a minute
    assert all(a.headers.get("location") is None for a in answers)
    reasons = Counter(a["after"].get("reason") for a in audited(db)[before:] if a["operation"] == "signin.failed")
    assert sum(reasons.values()) == count[401] and reasons["unknown"] and reasons["wrong"]
    assert audited(db, "signin.refused") and Person(app, "10.9.1.1").enter("li").status_code == (429 if took < 60 else 303)


def test_the_address_limit(make: Callable[..., FastAPI], db: Database) -> None:
    made(db, "li", "commander")
    app = make(signin_per_address=4)
    one, other = Person(app, "10.8.0.1"), Person(app, "10.8.0.2")
    assert [one.enter(f"x{i}", "w").status_code for i in range(6)] == [401] * 4 + [429] * 2
    assert one.enter("li").status_code == 429 and other.enter("li").status_code == 303
    assert len(audited(db, "signin.refused")) == 1  # told once a minute


def test_lockout_and_its_end(app: FastAPI, db: Database, dsns: Dsns) -> None:
    person = Person(app)
    assert [person.enter("li", "wrong").status_code for _ in range(5)] == [401] * 5
    locked = person.enter("li")  # the right password
    assert locked.status_code == 401 and told(locked) == told(person.enter("nobody", "wrong"))
    assert [a["actor"] for a in audited(db, "account.locked")] == ["li"]
    turn_back(dsns, "UPDATE account SET locked_until = now() - interval '1 second' WHERE login = 'li'")
    assert person.enter("li", "wrong").status_code == 401 and person.enter("li").status_code == 303
    assert [Person(app).enter("li", "wrong").status_code for _ in range(5)] == [401] * 5
    act(db, people.unlock, "li", OPERATOR)
    assert Person(app).enter("li").status_code == 303


def test_a_right_one_in_between_forgives(app: FastAPI) -> None:
    for _ in range(3):
        assert [Person(app).enter("li", "wrong").status_code for _ in range(4)] == [401] * 4
        assert Person(app).enter("li").status_code == 303


@pytest.fixture
def three(app: FastAPI, db: Database, make: Callable[..., FastAPI]) -> dict[str, Person]:
    """Browsers that try a known, an unknown and a disabled login; nobody is locked here."""
    made(db, "gone", "commander")
    act(db, people.set_state, "gone", "disabled", OPERATOR)
    quick = make(signin_per_address=1000, signin_overall=1000, signin_failures=20)
    return {login: Person(quick) for login in ("li", "nobody", "gone")}


def test_unknown_known_and_disabled_are_told_the_same_after_the_same_work(
    three: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, compared, said = signin.passwords.matches, [], {}

    def counted(held: str, given: str) -> bool:
        compared.append(held.split("$")[1:4])  # algorithm and parameters
        return real(held, given)

    monkeypatch.setattr(signin.passwords, "matches", counted)
    for login, person in three.items():
        answer = person.enter(login, "wrong")
        said[login] = (answer.status_code, answer.text, sorted(k for k in answer.headers if k != "x-request-id"))
    assert said["li"] == said["nobody"] == said["gone"]
    assert len(compared) == 3 and compared[0] == compared[1] == compared[2]
    assert three["gone"].enter("gone").status_code == 401


@pytest.mark.long
def test_unknown_known_and_disabled_take_as_long(three: dict[str, Person]) -> None:
    spent: dict[str, list[float]] = {login: [] for login in three}
    for _ in range(12):  # in turns, so that whatever else the machine does meets all three
        for login, person in three.items():
            begun = time.perf_counter()
            person.enter(login, "wrong")
            spent[login].append(time.perf_counter() - begun)
    times = {login: statistics.median(taken) for login, taken in spent.items()}
    assert max(times.values()) < 1.4 * min(times.values()), times  # the hash takes most of it on each path


def test_fixation(app: FastAPI, dsns: Dsns) -> None:
    """An id brought along is never the session's; the database keeps only a hash."""
    person = Person(app)
    planted = "A" * 43
    person.cookies.set("__Host-riskmap", planted)
    person.signed("li")
    first = [c.value for c in person.cookies.jar if c.value != planted]
    assert first and Person(app, cookies={"__Host-riskmap": planted}).get("/api/me").status_code == 401
    with connect(dsns.superuser) as conn:
        kept = conn.execute("SELECT s::text AS t FROM session s").fetchall()
    assert kept and first[0] not in str(kept)
    again = Person(app, cookies={"__Host-riskmap": first[0]})
    assert again.enter("li").status_code == 303 and first[0] not in again.headers.values()
    assert first[0] not in [c.value for c in again.cookies.jar if c.domain]


def test_sign_out(app: FastAPI, db: Database) -> None:
    person = Person(app).signed("li")
    old = person.cookie
    assert person.post("/signout", data={"csrf": "0" * 64}).status_code == 403 and person.get("/api/me").status_code == 200
    answer = person.post("/signout", data={"csrf": person.token})
    assert answer.status_code == 303 and 'riskmap=""' in answer.headers["set-cookie"]
    assert Person(app, cookies={"__Host-riskmap": old}).get("/api/me").status_code == 401
    assert audited(db)[-1]["operation"] == "signin.out"


def test_disable_and_role_change_take_effect_at_once(app: FastAPI, db: Database) -> None:
    person = Person(app).signed("li")
    assert person.get("/api/audit").status_code == 403 and person.get("/api/layers").status_code == 200
    act(db, people.set_role, "li", "auditor", None, OPERATOR)
    assert person.get("/api/audit").status_code == 401  # a higher role may ask for a second factor: it is signed in for anew
    person = Person(app).signed("li")
    assert person.get("/api/audit").status_code == 200 and person.get("/api/layers").status_code == 403
    assert act(db, people.set_state, "li", "disabled", OPERATOR)["sessions_ended"] == 1
    assert person.get("/api/audit").status_code == 401
    act(db, people.set_state, "li", "active", OPERATOR)
    assert person.get("/api/audit").status_code == 401  # the old session does not come back


def test_a_password_change_ends_every_other_session(app: FastAPI) -> None:
    one, other = Person(app).signed("li"), Person(app).signed("li")
    form = {"csrf": one.token, "old": PASSWORD, "new": NEW, "again": NEW}
    assert one.post("/signin/password", data=form | {"new": "short", "again": "short"}).status_code == 422
    assert one.post("/signin/password", data=form | {"again": "different"}).status_code == 422
    assert one.post("/signin/password", data=form | {"old": "wrong"}).status_code == 401
    assert one.post("/signin/password", data=form | {"csrf": other.token}).status_code == 403
    old = one.cookie
    assert one.post("/signin/password", data=form).status_code == 303
    assert one.cookie != old and one.get("/api/me").status_code == 200
    assert (
        other.get("/api/me").status_code == 401 and Person(app, cookies={"__Host-riskmap": old}).get("/api/me").status_code == 401
    )
    assert Person(app).enter("li").status_code == 401 and Person(app).enter("li", NEW).status_code == 303


def test_a_one_time_password_opens_nothing_but_its_change(app: FastAPI, db: Database) -> None:
    password = act(db, people.reset_password, "li", OPERATOR, dt.datetime.now(dt.UTC))
    person = Person(app)
    assert person.enter("li", password).headers["location"] == "/signin/password"
    assert person.get("/api/layers").status_code == 401 and person.get("/").headers["location"].startswith(
        "/signin/password?next="
    )
    form = {"csrf": person.hidden("/signin/password"), "old": password}
    assert person.post("/signin/password", data=form | {"new": password, "again": password}).status_code == 422
    assert person.post("/signin/password", data=form | {"new": NEW, "again": NEW}).headers["location"] == "/"
    assert person.get("/api/layers").status_code == 200 and Person(app).enter("li", password).status_code == 401


def test_an_old_password_must_go(app: FastAPI, dsns: Dsns, make: Callable[..., FastAPI]) -> None:
    turn_back(dsns, "UPDATE account SET password_set_at = now() - interval '91 days'")
    assert Person(app).enter("li").headers["location"] == "/signin/password"
    assert Person(make(password_profile="asvs")).enter("li").headers["location"] == "/"


def test_idle_and_absolute_limits_and_three_at_most(app: FastAPI, dsns: Dsns) -> None:
    people_ = [Person(app).signed("li") for _ in range(4)]
    assert [p.get("/api/me").status_code for p in people_] == [401, 200, 200, 200]
    turn_back(dsns, "UPDATE session SET seen_at = now() - interval '29 minutes'")
    assert people_[1].get("/api/me").status_code == 200  # and is seen now
    turn_back(dsns, "UPDATE session SET seen_at = seen_at - interval '29 minutes'")
    assert [p.get("/api/me").status_code for p in people_[1:]] == [200, 401, 401]
    turn_back(dsns, "UPDATE session SET seen_at = now(), expires_at = now() - interval '1 second'")
    assert people_[1].get("/api/me").status_code == 401


class TestSecondFactor:
    @pytest.fixture
    def app(self, make: Callable[..., FastAPI], db: Database) -> FastAPI:
        made(db, "shen", "reviewer")
        made(db, "jie", "street_clerk")
        return make(totp="required")

    def enrolled(self, app: FastAPI) -> str:
        person = Person(app)
        assert person.enter("shen").headers["location"] == "/signin/totp"
        page = person.get("/signin/totp").text
        secret = re.search(r'id="secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")  # type: ignore[index]
        assert f"secret={secret}" in page
        code = pyotp.TOTP(secret).at(int(time.time()) - 30)
        assert person.post("/signin/totp", data={"csrf": person.hidden("/signin/totp"), "code": code}).headers["location"] == "/"
        return secret

    def test_who_needs_one(self, app: FastAPI) -> None:
        assert Person(app).enter("jie").headers["location"] == "/"
        assert self.enrolled(app)

    def test_half_a_sign_in_opens_nothing_and_the_secret_is_told_once(self, app: FastAPI) -> None:
        secret, person = self.enrolled(app), Person(app)
        assert person.enter("shen").headers["location"] == "/signin/totp"
        assert person.get("/api/layers").status_code == 401 and person.get("/signin/password").headers["location"] == "/signin"
        assert 'id="secret"' not in person.get("/signin/totp").text and secret not in person.get("/signin/totp").text

    def test_a_code_is_good_once(self, app: FastAPI) -> None:
        secret, (one, other) = self.enrolled(app), (Person(app), Person(app))
        for person in (one, other):
            person.enter("shen")
        code = pyotp.TOTP(secret).now()
        old = one.cookie
        assert one.post("/signin/totp", data={"csrf": one.hidden("/signin/totp"), "code": code}).status_code == 303
        assert one.cookie != old and one.get("/api/layers").status_code == 200
        assert other.post("/signin/totp", data={"csrf": other.hidden("/signin/totp"), "code": code}).status_code == 401
        earlier = pyotp.TOTP(secret).at(int(time.time()) - 60)
        assert other.post("/signin/totp", data={"csrf": other.hidden("/signin/totp"), "code": earlier}).status_code == 401

    def test_guessing_codes_locks_the_account_also_over_several_sign_ins(self, app: FastAPI) -> None:
        self.enrolled(app)
        statuses = []
        for _ in range(4):
            person = Person(app)
            if person.enter("shen").status_code != 303:
                statuses.append("shut")
                continue
            token = person.hidden("/signin/totp")
            statuses += [person.post("/signin/totp", data={"csrf": token, "code": "000000"}).status_code for _ in range(2)]
        assert statuses[:4] == [401] * 4 and "shut" in statuses


class TestChangesFromOurPagesOnly:
    @pytest.fixture
    def person(self, app: FastAPI) -> Person:
        return Person(app).signed("li")

    def test_with_the_token(self, person: Person) -> None:
        assert person.post(CHANGE, json={"format": "csv"}, headers={"Origin": "https://127.0.0.1"}).status_code == 200

    @pytest.mark.parametrize("token", ["", "0" * 64, "é"])
    def test_without_it_or_with_another(self, person: Person, app: FastAPI, token: str) -> None:
        headers = {"X-CSRF-Token": token.encode()}
        assert person.post(CHANGE, json={"format": "csv"}, headers=headers).status_code == 403
        other = Person(app).signed("li")
        assert person.post(CHANGE, json={"format": "csv"}, headers={"X-CSRF-Token": other.token}).status_code == 403

    @pytest.mark.parametrize("headers", [
        {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "https://127.0.0.1.evil.example"}, {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ])  # fmt: skip
    def test_from_elsewhere_even_with_the_token(self, person: Person, headers: dict[str, str]) -> None:
        assert person.post(CHANGE, json={"format": "csv"}, headers=headers).status_code == 403
        assert person.post("/signin", data={"login": "li", "password": PASSWORD}, headers=headers).status_code == 403

    def test_reading_needs_none(self, person: Person) -> None:
        assert person.get("/api/layers", headers={"X-CSRF-Token": "", "Origin": "https://evil.example"}).status_code == 200


def test_a_form_has_bounds(app: FastAPI) -> None:
    person = Person(app)
    assert person.post("/signin", content=b"x" * 20_000).status_code == 413
    assert person.post("/signin", content=b"&".join(b"a%d=1" % i for i in range(50))).status_code == 413
    assert person.post("/signin", content=b"\xff\x00login=li&password=%ff%00").status_code == 401


def test_the_first_account_closes_the_open_house_within_a_second(make: Callable[..., FastAPI], db: Database) -> None:
    app = make()
    person = Person(app, "127.0.0.1")
    person.headers["Host"] = "127.0.0.1"
    assert person.get("/api/layers").status_code == 200 and person.get("/api/accounts").status_code == 403
    made(db, "first", "security_admin")
    time.sleep(0.6)
    assert person.get("/api/layers").status_code == 401


class TestManaging:
    @pytest.fixture
    def chief(self, make: Callable[..., FastAPI], db: Database) -> Person:
        made(db, "chief", "security_admin")
        made(db, "li", "commander")
        return Person(make()).signed("chief")

    BODY = {"login": "Wang.Fang", "name": "王芳", "role": "district_clerk", "org": "110105"}

    def test_an_account_from_its_making_to_its_end(self, chief: Person, db: Database) -> None:
        key = {"Idempotency-Key": "make-wang-fang"}
        answer = chief.post("/api/accounts", json=self.BODY, headers=key)
        assert answer.status_code == 201 and answer.headers["cache-control"] == "no-store"
        password = answer.json()["password"]
        again = chief.post("/api/accounts", json=self.BODY, headers=key)
        assert again.status_code == 201 and "password" not in again.json() and again.json()["id"] == answer.json()["id"]
        with db.as_user(OPERATOR) as conn:
            assert password not in str(conn.execute("SELECT * FROM audit").fetchall())
        person = Person(chief.app)
        assert person.enter("wang.fang", password).status_code == 401
        act(db, people.confirm, "wang.fang", OPERATOR)
        assert person.enter("wang.fang", password).headers["location"] == "/signin/password"
        found = {a["login"]: a for a in chief.get("/api/accounts").json()["accounts"]}
        assert found["wang.fang"]["unit"] == "朝阳区" and "hash" not in str(found)
        assert chief.post("/api/accounts/wang.fang/disable").json()["sessions_ended"] == 1
        assert chief.post("/api/accounts/wang.fang/enable").status_code == 200
        assert chief.post("/api/accounts/wang.fang/role", json={"role": "street_clerk", "org": "110105001"}).status_code == 200
        assert chief.post("/api/accounts/wang.fang/reset-password", json={}).json()["password"] != password
        done = [a["operation"] for a in audited(db) if a["actor"] == "chief" and a["operation"].startswith("account")]
        assert done == ["account.add", "account.disable", "account.enable", "account.role", "account.reset"]

    @pytest.mark.parametrize("bad", [
        {"login": "officer"}, {"login": "a"}, {"login": "王"}, {"login": "a b"}, {"role": "king"}, {"role": "operator"}, {"org": "999999"},
        {"role": "risk_officer"}, {"role": "street_clerk"}, {"name": ""}, {"state": "active"},
    ])  # fmt: skip
    def test_what_will_not_do(self, chief: Person, bad: dict[str, str]) -> None:
        assert chief.post("/api/accounts", json=self.BODY | bad).status_code == 422

    def test_not_twice_not_oneself_not_nobody(self, chief: Person) -> None:
        assert chief.post("/api/accounts", json=self.BODY | {"login": "li"}).status_code == 409
        assert chief.post("/api/accounts/chief/role", json={"role": "auditor"}).status_code == 403
        assert chief.post("/api/accounts/nobody/disable").status_code == 404

    def test_no_password_is_in_the_idempotency_table(self, chief: Person, dsns: Dsns) -> None:
        password = chief.post("/api/accounts", json=self.BODY).json()["password"]
        with connect(dsns.superuser) as conn:
            assert password not in str(conn.execute("SELECT * FROM idempotency").fetchall())

    def test_the_roles_page_is_the_table(self, chief: Person) -> None:
        page = chief.get("/roles").text
        assert "安全管理员" in page and page.count("✓") == sum(
            len(r["may"]) for r in chief.get("/api/roles").json()["roles"].values()
        )
