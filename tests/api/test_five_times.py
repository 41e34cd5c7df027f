"""Every POST of the product, sent five times at once with the same key, has one effect. A POST without a case here fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import FastAPI

from riskmap.api.allowed import OPERATION
from riskmap.api.app import create_app
from riskmap.settings import settings
from riskmap.store.cluster import Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect
from tests.api.people import Person, made

CSV = "避难场所名称,级别,经度,纬度\n一号场所,Ⅰ,116.3381,39.7271\n".encode()
STOCK = "仓库编号,物资编码,物资名称,数量,单位\n".encode()
SIGN_IN = {"POST /signin", "POST /signin/totp", "POST /signin/password", "POST /signout"}  # each try is an attempt of its own, and counted
SOURCE = {"name": "液氯储存单元", "kind": "chemical", "accident_type": "中毒", "likelihood": 4, "severity": 5, "lon": 116.3381, "lat": 39.7271,
          "district": "大兴区", "verified_on": "2026-11-12"}  # fmt: skip
# Tables whose rows are no effect of what is asked: who was here, and the keys themselves.
PASSING = {"session", "signin_attempt", "audit_seal", "idempotency", "account", "spatial_ref_sys", "schema_migration"}


class Town:
    """A city with people: a clerk and a reviewer of 大兴区, an officer of the city, a security administrator; each signed in."""

    def __init__(self, app: FastAPI, db: Database) -> None:
        self.app, self.db = app, db
        for login, role, org in (("clerk", "district_clerk", "110115"), ("checker", "reviewer", "110115"), ("city", "risk_officer", "110000"),
                                 ("keeper", "security_admin", "110000")):  # fmt: skip
            made(db, login, role, org)
        self.people = {login: Person(app).signed(login) for login in ("clerk", "checker", "city", "keeper")}

    def ask(self, who: str, path: str, status: int = 200, **more: Any) -> Any:
        answer = self.people[who].post(path, **more)
        assert answer.status_code == status, answer.text
        return answer.json()

    def record(self) -> int:
        return self.ask("city", "/api/layers/risk_source/features", 201, json=SOURCE)["id"]

    def draft(self, **more: Any) -> tuple[int, dict[str, Any]]:
        body = {"kind": "create", "values": SOURCE | {"lon": 116.40}, **more}
        id = self.ask("clerk", "/api/layers/risk_source/changes", 201, json=body)["id"]
        return id, {"headers": {"If-Match": '"1"'}}

    def handed_in(self) -> tuple[int, dict[str, Any]]:
        id, first = self.draft()
        version = self.ask("clerk", f"/api/changes/{id}/submit", **first)["version"]
        return id, {"headers": {"If-Match": f'"{version}"'}}

    def planned(self) -> tuple[int, str]:
        done = self.ask("city", "/api/layers/shelter/imports", 201, files={"file": ("a.csv", CSV)})
        return done["id"], done["plan_hash"]

    def committed(self) -> int:
        batch, plan = self.planned()
        self.ask("city", f"/api/layers/shelter/imports/{batch}/commit", json={"plan_hash": plan})
        return batch

    def form(self, path: str) -> dict[str, Any]:
        """The plain form of a page of the clerk's, as a browser sends it."""
        import re

        text = self.people["clerk"].get(path).text
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text))
        return {"data": hidden | {"name": "表单登记"}}


Case = Callable[[Town], tuple[str, str, dict[str, Any]]]  # → who asks, path, the rest of the request


def of_draft(step: str) -> Case:
    def case(t: Town) -> tuple[str, str, dict[str, Any]]:
        id, seen = t.draft()
        return "clerk", f"/api/changes/{id}/{step}", seen

    return case


def of_submitted(step: str, **more: Any) -> Case:
    def case(t: Town) -> tuple[str, str, dict[str, Any]]:
        id, seen = t.handed_in()
        return "checker", f"/api/changes/{id}/{step}", seen | more

    return case


def account(step: str, **more: Any) -> Case:
    return lambda t: ("keeper", f"/api/accounts/clerk/{step}", {"json": more})


def undone(t: Town) -> tuple[str, str, dict[str, Any]]:
    return "city", f"/api/layers/shelter/imports/{t.committed()}/undo", {"json": {}}


def commit(t: Town) -> tuple[str, str, dict[str, Any]]:
    batch, plan = t.planned()
    return "city", f"/api/layers/shelter/imports/{batch}/commit", {"json": {"plan_hash": plan}}


def many(t: Town) -> tuple[str, str, dict[str, Any]]:
    id, seen = t.handed_in()
    return "checker", "/api/changes/approve", {"json": {"changes": [{"id": id, "version": int(seen["headers"]["If-Match"].strip('"'))}]}}


def retire(t: Town) -> tuple[str, str, dict[str, Any]]:
    return "city", f"/api/layers/risk_source/features/{t.record()}/retire", {"headers": {"If-Match": '"1"'}}


def form_of_record(t: Town) -> tuple[str, str, dict[str, Any]]:
    path = f"/register/risk_source/{t.record()}"
    return "clerk", path, t.form(path)


def form_of_draft(step: str) -> Case:
    def case(t: Town) -> tuple[str, str, dict[str, Any]]:
        id, _ = t.draft()
        return "clerk", f"/drafts/{id}{step}", t.form(f"/drafts/{id}")

    return case


CASES: dict[str, Case] = {
    "POST /api/whatif": lambda t: ("city", "/api/whatif", {"json": {"district": "110101"}}),
    "POST /api/layers/{layer}/features": lambda t: ("city", "/api/layers/risk_source/features", {"json": SOURCE}),
    "POST /api/layers/{layer}/features/{id}/retire": retire,
    "POST /api/layers/{layer}/imports": lambda t: ("city", "/api/layers/shelter/imports", {"files": {"file": ("a.csv", CSV)}}),
    "POST /api/layers/{layer}/imports/{batch}/commit": commit,
    "POST /api/layers/{layer}/imports/{batch}/undo": undone,
    "POST /api/ledgers/{ledger}/imports": lambda t: ("city", "/api/ledgers/stock/imports", {"files": {"file": ("a.csv", STOCK)}}),
    "POST /api/layers/{layer}/export": lambda t: ("city", "/api/layers/risk_source/export", {"json": {"format": "csv"}}),
    "POST /api/layers/{layer}/changes": lambda t: ("clerk", "/api/layers/risk_source/changes", {"json": {"values": SOURCE}}),
    "POST /api/changes/{id}/submit": of_draft("submit"),
    "POST /api/changes/{id}/withdraw": of_draft("withdraw"),
    "POST /api/changes/{id}/return": of_submitted("return", json={"text": "请核对"}),
    "POST /api/changes/{id}/approve": of_submitted("approve"),
    "POST /api/changes/{id}/effect": of_submitted("effect"),
    "POST /api/changes/approve": many,
    "POST /register/{layer}": lambda t: ("clerk", "/register/risk_source", t.form("/register/risk_source")),
    "POST /register/{layer}/{id}": form_of_record,
    "POST /drafts/{change}": form_of_draft(""),
    "POST /drafts/{change}/submit": form_of_draft("/submit"),
    "POST /drafts/{change}/withdraw": form_of_draft("/withdraw"),
    "POST /api/accounts": lambda t: ("keeper", "/api/accounts", {"json": {"login": "neu", "name": "某", "role": "commander", "org": "110000"}}),
    "POST /api/accounts/{login}/role": account("role", role="reviewer", org="110115"),
    "POST /api/accounts/{login}/disable": account("disable"),
    "POST /api/accounts/{login}/enable": account("enable"),
    "POST /api/accounts/{login}/reset-password": account("reset-password"),
    "POST /api/accounts/{login}/unlock": account("unlock"),
}  # fmt: skip


@pytest.fixture
def town(db: Database) -> Iterator[Town]:
    app = create_app(settings(), db, grading=False)
    with Person(app):  # its start and its end
        yield Town(app, db)


def same(answer: Any) -> Any:
    """What an answer says, whatever the order its parts are kept in."""
    return answer.json() if "json" in answer.headers.get("content-type", "") else answer.text


def rows(dsns: Dsns) -> dict[str, int]:
    with connect(dsns.superuser) as conn:
        found = conn.execute("SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace").fetchall()
        names = [r["name"] for r in found]
        return {n: conn.execute(f"SELECT count(*) AS n FROM {n}").fetchone()["n"] for n in names if n not in PASSING}  # type: ignore[arg-type,index]


def test_every_post_has_its_case() -> None:
    assert {o for o in OPERATION if o.startswith("POST ")} - SIGN_IN == set(CASES)


@pytest.mark.parametrize("operation", sorted(CASES))
def test_five_at_once_have_one_effect(town: Town, dsns: Dsns, operation: str) -> None:
    who, path, more = CASES[operation](town)
    person, key = town.people[who], "five-times-the-same-key"
    more = more | {"headers": (more.get("headers") or {}) | {"Idempotency-Key": key}}
    if "data" in more:
        more["data"] = more["data"] | {"key": key}
    before = rows(dsns)
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: person.post(path, **more), range(5)))
    after = rows(dsns)
    codes = [a.status_code for a in answers]
    told = [a for a in answers if a.status_code < 400]
    # a rival that waited too long is told to ask again with its key, and then gets the same answer
    assert set(codes) <= {a.status_code for a in told[:1]} | {409, 422, 503}, [a.text[:200] for a in answers]
    again = person.post(path, **more)
    effect = {table: after[table] - n for table, n in before.items() if after[table] != n}
    assert rows(dsns) == after  # a sixth, later, has none either
    if told:
        assert again.status_code == told[0].status_code
        assert len({a.headers.get("location", "") for a in [*told, again]}) == 1
        if not path.endswith(("/export", "/effect", "/whatif")):
            assert effect.get("audit", 0) >= 1 and all(same(a) == same(again) for a in told), effect
    else:
        assert effect == {} and operation in ("POST /api/ledgers/{ledger}/imports", "POST /api/whatif", "POST /api/changes/{id}/effect"), codes
    # what was written was written once: as many audit rows of each kind as one asking leaves, told by their objects
    with connect(dsns.superuser) as conn:
        twice = conn.execute("""SELECT operation, layer, object_id, count(*) AS n FROM audit
                                WHERE actor = %s AND operation NOT LIKE 'signin%%'
                                GROUP BY 1, 2, 3, after HAVING count(*) > 1""", (who,)).fetchall()  # fmt: skip
    assert twice == []
    for table in ("feature", "feature_change", "import_batch"):
        assert effect.get(table, 0) <= 1, effect
