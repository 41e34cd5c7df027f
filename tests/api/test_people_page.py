"""The administration of accounts and keys by plain forms: without JavaScript, two people for every grant, a password told once."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI

from riskmap.api.app import create_app
from riskmap.settings import settings
from riskmap.store.database import Database
from tests.api.people import Person, made


@pytest.fixture
def app(db: Database) -> FastAPI:
    for login in ("an1", "an2"):
        made(db, login, "security_admin")
    made(db, "li", "commander")
    return create_app(settings(), db, grading=False)


def send(person: Person, path: str, **fields: str) -> str:
    answer = person.post(path, data={"csrf": person.token} | fields)
    assert answer.status_code == 200, answer.text
    return answer.text


def secret(page: str) -> str:
    found = re.search(r'id="secret">([^<]+)<', page)
    return found[1] if found else ""


def test_an_account_by_forms(app: FastAPI) -> None:
    with Person(app) as first, Person(app) as second, Person(app) as new:
        first.signed("an1"), second.signed("an2")
        page = send(first, "/people/new", login="wang", name="王某", role="district_clerk", org="110105")
        password = secret(page)
        assert len(password) == 19 and "待第二人确认（an1）" in page
        assert password not in first.get("/people").text
        assert new.enter("wang", password).status_code == 401
        assert first.post("/people/wang/confirm", data={"csrf": first.token}).status_code == 403
        assert 'action="/people/wang/confirm"' in second.get("/people").text and 'action="/people/wang/confirm"' not in first.get("/people").text
        assert "已确认 wang" in send(second, "/people/wang/confirm")
        assert new.enter("wang", password).headers["location"] == "/signin/password"
        other = secret(send(second, "/people/li/reset", second_factor="1"))
        assert other and "an2" in second.get("/people").text
        assert "已停用" in send(first, "/people/li/disable") and "已恢复" in send(first, "/people/li/enable")
        assert "已授予角色" in send(second, "/people/li/role", role="auditor", org="110000")
        assert "已更改绑定" in send(second, "/people/li/subject", subject="sub-of-li")


def test_a_repeat_tells_no_password_again(app: FastAPI) -> None:
    with Person(app) as first:
        first.signed("an1")
        form = {"csrf": first.token, "key": "one-key-for-both", "login": "wang", "name": "王某", "role": "commander", "org": "110000"}
        said = [first.post("/people/new", data=form, headers={"Idempotency-Key": ""}).text for _ in range(2)]
        assert secret(said[0]) and not secret(said[1]) and "不再显示" in said[1]


def test_a_key_by_forms(app: FastAPI) -> None:
    with Person(app) as first, Person(app) as second:
        first.signed("an1"), second.signed("an2")
        asked = {"csrf": first.token, "name": "统计", "org": "110105", "days": "9", "layer": ["shelter", "depot"]}
        page = first.post("/people/keys/new", data=asked).text
        key = secret(page)
        assert key.startswith("rmk_") and "避难" in page
        with Person(app) as program:
            headers = {"Authorization": f"Bearer {key}"}
            assert program.get("/api/layers", headers=headers).status_code == 401
            assert "已确认" in send(second, "/people/keys/1/confirm") and program.get("/api/layers", headers=headers).status_code == 200
            assert "已撤销密钥" in send(first, "/people/keys/1/revoke") and program.get("/api/layers", headers=headers).status_code == 401


def test_what_will_not_do_is_said_on_the_page(app: FastAPI) -> None:
    with Person(app) as first, Person(app) as other:
        first.signed("an1"), other.signed("li")
        for path, fields in (("/people/new", {"login": "X"}), ("/people/an1/disable", {}), ("/people/nobody/unlock", {}),
                             ("/people/keys/new", {"name": "x"}), ("/people/keys/9/revoke", {}), ("/people/li/role", {"role": "no"})):  # fmt: skip
            answer = first.post(path, data={"csrf": first.token} | fields)
            assert answer.status_code in (403, 404, 422) and 'role="alert"' in answer.text, path
        assert first.post("/people/li/vanish", data={"csrf": first.token}).status_code == 404
        token, first.token = first.token, ""  # as a form sends it: in the field alone
        assert first.post("/people/li/unlock", data={"csrf": "0" * 64}).status_code == 403
        assert first.post("/people/li/unlock", data={"csrf": token}).status_code == 200
        assert other.get("/people").status_code == 403 and "/people" in first.get("/roles").text and "/people" not in other.get("/roles").text
