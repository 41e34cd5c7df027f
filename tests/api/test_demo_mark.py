"""Demo data is called so to everybody who sees any of it, whatever part of the city is theirs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from riskmap.api.app import create_app
from riskmap.core.actor import OPERATOR
from riskmap.settings import settings
from riskmap.store.database import Database
from tests.api.people import Person, made

PAGES = ("/register", "/register/shelter", "/drafts")


@pytest.fixture
def clerk(db: Database) -> Person:
    made(db, "clerk", "district_clerk", "110115")
    return Person(create_app(settings(), db, grading=False)).signed("clerk")


def test_a_clerk_of_a_district_is_told_that_the_city_is_the_demo_city(db: Database, clerk: Person) -> None:
    """The demo's batches belong to the city: a district sees its records and none of its batches."""
    with db.as_user(OPERATOR, write=True) as conn:
        conn.execute(
            """INSERT INTO import_batch (layer, steward_org, actor, file_name, file_hash, crs, state, demo)
               VALUES ('risk_source', (SELECT id FROM org WHERE code = '110000'), 'operator', 'f', 'h', 'wgs84', 'committed', true)"""
        )
    with db.as_engine() as conn:
        conn.execute("INSERT INTO dataset (kind, name, source, valid_on, demo) VALUES ('population', 'n', 's', '2026-01-01', true)")
    assert clerk.get("/api/status").json()["demo"] is True
    assert all("演示数据" in clerk.get(path).text for path in PAGES)


def test_a_real_city_carries_no_such_mark(clerk: Person) -> None:
    assert clerk.get("/api/status").json()["demo"] is False
    assert not any('class="tag tag-demo"' in clerk.get(path).text for path in PAGES)


def test_no_page_holds_two_connections(db: Database, clerk: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that asks for a second one while it holds the first stands still for good when as many ask as the pool has."""
    held, most, real = [0], [0], db.as_user

    @contextmanager
    def counted(*args: Any, **named: Any) -> Iterator[Any]:
        with real(*args, **named) as conn:
            held[0] += 1
            most[0] = max(most[0], held[0])
            try:
                yield conn
            finally:
                held[0] -= 1

    monkeypatch.setattr(db, "as_user", counted)
    for path in (*PAGES, "/review", "/roles", "/account"):
        assert clerk.get(path).status_code == 200
    assert most == [1]
