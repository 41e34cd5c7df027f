"""The method desk from the sign-in: one risk officer drafts and looks at the districts beside, another approves; axe on every step."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from riskmap.store.database import Database
from tests.api.people import made
from tests.browser.server import served
from tests.browser.signed import enter
from tests.browser.test_axe import found


@pytest.fixture
def home(db: Database) -> Iterator[str]:
    for login in ("first", "second"):
        made(db, login, "risk_officer")
    with served(db, grading=False, plain_http=True) as address:
        yield address


def test_drafted_run_beside_and_approved_by_another(home: str, fresh_tab: Callable[..., Page]) -> None:
    tab = fresh_tab()
    enter(tab, home, "first", "/method")
    assert found(tab) == []
    tab.click("a[href='/method/new']")
    assert found(tab) == []
    tab.fill("#f-name", "收紧红色界值")
    tab.fill("#p-d_borders", "20, 11")
    tab.click("#save")
    expect(tab.locator("[role=alert]")).to_contain_text("d_borders")
    assert tab.input_value("#f-name") == "收紧红色界值"
    tab.fill("#p-d_borders", "[20, 11, 4]")
    tab.click("#save")
    expect(tab.locator("#differs")).to_contain_text("20.0 · 11.0 · 4.0")
    expect(tab.locator("#approve")).to_have_count(0)
    tab.click("#run")
    expect(tab.locator("#beside tbody tr")).to_have_count(16)
    expect(tab.locator("#moved")).to_contain_text("16 个区中 0 个会变色")
    assert found(tab) == []
    here = tab.url.split("?")[0]

    other = fresh_tab(360, 740, True)
    enter(other, home, "second", here.removeprefix(home))
    assert found(other) == []
    assert other.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    other.click("#approve")
    expect(other.locator("h1 + p .tag")).to_have_text("现行")
    expect(other.locator("h1 + p")).to_contain_text("second")
    tab.goto(here)
    expect(tab.locator("#discard")).to_have_count(0)
