"""People for tests: accounts with a known password, and a browser of each that signs in by the real form."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from riskmap.core.actor import OPERATOR
from riskmap.core.password import hashed
from riskmap.core.role import HOMES
from riskmap.flows import people
from riskmap.store import accounts
from riskmap.store.database import Database

PASSWORD = "Qing-Feng 2026 晴"
HASH = hashed(PASSWORD)
ORGS = {"city": "110000", "district": "110105", "zone": "BDA", "street": "110105001"}
_numbers = itertools.count(1)


def made(db: Database, login: str, role: str, org: str = "") -> int:
    """An account whose password is PASSWORD and stays; `org` by default one where the role is at home."""
    now = dt.datetime.now(dt.UTC)
    home = org or next(ORGS[kind] for kind in ("city", "district", "street") if kind in HOMES[role])
    with db.as_user(OPERATOR, write=True) as conn:
        id, _ = people.add(conn, login, f"某{login}", role, home, OPERATOR, now)
        accounts.set_password(conn, id, HASH, False, now)
    return id


class Person(TestClient):
    """A browser at an address of its own, over HTTPS; once signed in it sends the token and a key with each change."""

    def __init__(self, app: FastAPI, address: str = "", **more: Any) -> None:
        n = next(_numbers)
        self.token = ""
        where = (address or f"10.1.{n // 250}.{n % 250}", 4711)
        super().__init__(
            app, base_url="https://127.0.0.1", raise_server_exceptions=False, follow_redirects=False, client=where, **more
        )

    def request(self, method: str, url: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        if method not in ("GET", "HEAD"):
            mine = {"Idempotency-Key": f"person-key-{next(_numbers):06d}"} | ({"X-CSRF-Token": self.token} if self.token else {})
            kwargs["headers"] = mine | (kwargs.get("headers") or {})
        return super().request(method, url, **kwargs)

    def enter(self, login: str, password: str = PASSWORD, next: str = "") -> Any:
        """The answer to the first form."""
        return self.post("/signin", data={"login": login, "password": password, "next": next})

    def signed(self, login: str, password: str = PASSWORD) -> Person:
        answer = self.enter(login, password)
        assert answer.status_code == 303, answer.text
        self.token = self.hidden("/roles")
        return self

    def hidden(self, path: str) -> str:
        """The token a page's form carries."""
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', self.get(path).text)
        assert found, path
        return found[1]

    @property
    def cookie(self) -> str:
        return self.cookies["__Host-riskmap"]
