"""The real server over a real database with a small city, and a real browser that looks at it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from riskmap import catalogue
from riskmap.core.actor import OFFICER, OPERATOR
from riskmap.flows import demo
from riskmap.flows.grade import full
from riskmap.flows.register import Desk
from riskmap.flows.survey import beijing_day
from riskmap.settings import settings
from riskmap.store.cluster import Cluster
from riskmap.store.database import Database
from riskmap.store.places import gazetteer
from tests.browser.chromium import opened
from tests.browser.city import small
from tests.browser.hostile import HOSTILE
from tests.browser.server import served
from tests.conftest import create_database, dsns_of

NAME = "riskmap_browser"


@pytest.fixture(scope="session")
def city(cluster: Cluster, template: str) -> Iterator[Database]:
    """A database with the small city, graded, with its marked history."""
    create_database(cluster, NAME, template)
    dsns, now = dsns_of(cluster, NAME), dt.datetime.now(dt.UTC)
    layers = catalogue.load(settings().layers_dir, settings().data_dir / "codes")
    with Database(dsns.app, dsns.engine, pool_size=8, staff_layers=layers.staff_layers()) as db:
        with db.as_user(OPERATOR) as conn:
            desk = Desk(layers, gazetteer(conn), settings().soft_duplicate_m)
            made = small(demo.make(conn, settings().data_dir, beijing_day(now)))
        demo.load(db, desk, made, OPERATOR, now)
        graded = full(db, layers, dt.datetime.now(dt.UTC))
        demo.remember(db, graded.engine.method, now, beijing_day(now))
        yield db


@pytest.fixture(scope="session")
def site(city: Database) -> Iterator[str]:
    """Address of the running product, without a slash at the end."""
    with served(city) as address:
        yield address


@pytest.fixture(scope="session")
def hostile_ids(city: Database) -> dict[str, int]:
    """Hostile name → id of the record that bears it."""
    with city.as_user(OFFICER) as conn:
        found = conn.execute("SELECT id, name FROM feature WHERE name = ANY (%(names)s)", {"names": HOSTILE}).fetchall()
    assert len(found) == len(HOSTILE)
    return {row["name"]: row["id"] for row in found}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with opened() as browser:
        yield browser


@pytest.fixture
def fresh_tab(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Makes clean browsers: no cookie, no memory of another. Width and height in CSS pixels."""
    contexts = []

    def make(width: int = 1440, height: int = 900, touch: bool = False) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, has_touch=touch, locale="zh-CN", reduced_motion="reduce"
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def tab(fresh_tab: Callable[..., Page]) -> Page:
    return fresh_tab()
