"""The audit's page in a browser: read by the keyboard, whole on a phone, nothing serious by axe."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from riskmap.core.actor import Actor
from riskmap.store import journal
from riskmap.store.database import Database
from tests.api.people import made
from tests.browser.server import served
from tests.browser.signed import enter
from tests.browser.test_axe import LIGHTS, found


@pytest.fixture
def house(db: Database) -> Iterator[str]:
    made(db, "ji", "auditor")
    for n in range(60):
        who = Actor(f"clerk{n % 7}", "x", "district_clerk", 1, "city", (1,))
        with db.as_user(who, write=True, address="10.20.30.40", request_id="0123456789abcdef") as conn:
            journal.audit(conn, who, "feature.update" if n % 3 else "refused", layer="risk_source", object_id=n + 1,
                          before={"severity": n % 5, "keeper_phone": "13812345678"}, after={"severity": 4, "where": "很长的地址" * 20},
                          result="done" if n % 3 else "refused")  # fmt: skip
    with served(db, grading=False, plain_http=True) as address:
        yield address


@pytest.mark.parametrize("light", LIGHTS)
def test_the_auditor_finds_who_did_what(house: str, fresh_tab: Callable[..., Page], light: str) -> None:
    tab = fresh_tab(*LIGHTS[light], touch=light == "phone")
    enter(tab, house, "ji")
    assert tab.url.endswith("/audit")  # where an auditor begins
    tab.goto(f"{house}/audit?theme={'dark' if light == 'dark' else 'light'}")
    assert found(tab) == [] and tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    tab.focus("#f-actor")
    tab.keyboard.type("clerk3")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**actor=clerk3**")
    names = tab.locator("tbody td b").all_inner_texts()
    assert names and set(names) == {"clerk3"}
    tab.locator("tbody summary").first.focus()
    tab.keyboard.press("Enter")
    detail = tab.locator("tbody details[open]").inner_text()
    assert '"severity": 4' in detail and "138****78" in detail and "13812345678" not in detail
    assert found(tab) == [] and tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
