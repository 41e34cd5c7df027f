"""The own account as a page: one's sessions seen and ended, nobody else's; a second factor of one's own will."""

from __future__ import annotations

import re
import time

import pyotp
import pytest
from fastapi import FastAPI

from riskmap.api.app import create_app
from riskmap.settings import settings
from riskmap.store.database import Database
from tests.api.people import Person, made


@pytest.fixture
def app(db: Database) -> FastAPI:
    made(db, "li", "commander")
    made(db, "wang", "commander")
    return create_app(settings(), db, grading=False)


def form(person: Person, **more: str) -> dict[str, str]:
    return {"csrf": person.hidden("/account"), "key": f"key-of-a-form-{time.monotonic_ns()}", **more}


def names(person: Person) -> list[str]:
    return re.findall(r'name="session" value="([0-9a-f]{64})"', person.get("/account").text)


def test_one_sees_and_ends_ones_own_sessions_and_nobody_elses(app: FastAPI, db: Database) -> None:
    one, two, three, wang = (Person(app).signed(login) for login in ("li", "li", "li", "wang"))
    wangs = names(Person(app).signed("wang"))
    mine = names(one)
    assert len(mine) == 2 and len(wangs) == 1 and "本次登录" in one.get("/account").text
    answer = one.post("/account/sessions", data=form(one, session=wangs[0]), headers={"X-CSRF-Token": one.token})
    assert answer.status_code == 303 and wang.get("/api/me").status_code == 200
    assert one.post("/account/sessions", data=form(one, session=mine[0])).headers["location"] == "/account?done=ended"
    assert (
        sorted(p.get("/api/me").status_code for p in (one, two, three)) == [200, 200, 401]
        and one.get("/api/me").status_code == 200
    )
    assert one.post("/account/sessions", data=form(one, session="others")).status_code == 303
    assert [p.get("/api/me").status_code for p in (one, two, three, wang)] == [200, 401, 401, 200]
    assert one.post("/account/sessions", data=form(one, session="zz")).status_code == 303 and names(one) == []


def test_a_form_without_the_token_ends_nothing(app: FastAPI) -> None:
    one, two = Person(app).signed("li"), Person(app).signed("li")
    one.token = ""
    assert one.post("/account/sessions", data=form(one, session="others") | {"csrf": "0" * 64}).status_code == 403
    assert two.get("/api/me").status_code == 200


def test_a_second_factor_of_ones_own_will(app: FastAPI) -> None:
    person = Person(app).signed("li")
    secret = re.search(r'id="secret">([A-Z2-7 ]+)<', person.get("/account").text)[1].replace(" ", "")  # type: ignore[index]
    wrong = person.post("/account/code", data=form(person, code="000000"))
    assert wrong.status_code == 422 and 'role="alert"' in wrong.text
    old = person.cookie
    done = person.post("/account/code", data=form(person, code=pyotp.TOTP(secret).at(int(time.time()) - 30)))
    assert done.headers["location"] == "/account?done=code" and person.cookie != old
    page = person.get("/account?done=code").text
    assert "已启用" in page and secret not in page.replace(" ", "") and 'id="secret"' not in page
    assert Person(app).enter("li").headers["location"] == "/signin/totp"


def test_in_english(app: FastAPI) -> None:
    assert "Second factor" in Person(app).signed("li").get("/account?lang=en").text


def test_without_accounts_it_says_so(db: Database) -> None:
    app = create_app(settings(), db, grading=False)
    answer = Person(app, "127.0.0.1").get("/account", headers={"Host": "127.0.0.1"})
    assert answer.status_code == 200 and "还没有账户" in answer.text and "/account/sessions" not in answer.text
