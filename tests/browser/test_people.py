"""The administrator's page in a browser: an account made by the keyboard, its password told once; axe finds nothing serious."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from riskmap.store.database import Database
from tests.api.people import made
from tests.browser.server import served
from tests.browser.signed import enter
from tests.browser.test_axe import found


@pytest.mark.parametrize(("wide", "high", "theme"), [(1440, 900, "light"), (1440, 900, "dark"), (360, 740, "light")])
def test_an_account_is_made(db: Database, fresh_tab: Callable[..., Page], wide: int, high: int, theme: str) -> None:
    for login, role in (("an1", "security_admin"), ("li", "commander")):
        made(db, login, role)
    with served(db, grading=False, plain_http=True) as site:
        tab = fresh_tab(wide, high)
        enter(tab, site, "an1")
        tab.goto(f"{site}/people?theme={theme}")
        assert found(tab) == [] and tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        tab.locator("summary", has_text="新账户").press("Enter")
        tab.fill("#n-login", "wang")
        tab.fill("#n-name", "王某")
        tab.select_option("#n-role", "district_clerk")
        tab.fill("#n-org", "110105")
        tab.press("#n-org", "Enter")
        assert len(tab.inner_text("#secret")) == 19 and tab.locator("tr", has_text="wang").inner_text().count("待第二人确认")
        tab.locator("tr", has_text="某li").locator("summary").press("Enter")
        assert found(tab) == [] and tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
