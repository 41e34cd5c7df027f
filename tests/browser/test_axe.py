"""Every page of the navigation list, by axe: nothing serious or critical, in light and dark, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from riskmap.core.role import may
from riskmap.page.navigation import ENTRIES

AXE = Path("node_modules/axe-core/axe.min.js")
LIGHTS = {"light": (1440, 900), "dark": (1440, 900), "phone": (360, 740)}
BAD = {"serious", "critical"}


def settled(tab: Page) -> None:
    """A page that says when it is ready is waited for; the others are when the network is quiet."""
    if tab.locator("body[data-ready]").count():
        tab.wait_for_selector("body[data-ready='1']")
    tab.wait_for_timeout(300)


def found(tab: Page) -> list[str]:
    """What axe finds on the page that is open: rule, how bad, where."""
    tab.evaluate(AXE.read_text("utf-8"))
    told = tab.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [
        f"{one['id']} ({one['impact']}): {node['target']} {node['failureSummary']}"
        for one in told
        if one["impact"] in BAD
        for node in one["nodes"]
    ]


def test_it_can_find_something(tab: Page) -> None:
    tab.set_content("<html lang=zh><title>x</title><main><button></button></main></html>")
    assert any(one.startswith("button-name") for one in found(tab))


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("path", [one.path for one in ENTRIES if may("risk_officer", one.operation)])
def test_nothing_serious_on_any_page(site: str, fresh_tab: Callable[..., Page], path: str, light: str) -> None:
    tab = fresh_tab(*LIGHTS[light], touch=light == "phone")
    tab.goto(f"{site}{path}{'&' if '?' in path else '?'}theme={'dark' if light == 'dark' else 'light'}")
    settled(tab)
    assert found(tab) == []
    wall = "mode=wall" in path  # made for a screen on a wall, however it is opened
    assert wall or tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0  # nothing stands out of the screen
    menu = tab.locator("#menu > summary")
    if menu.is_visible():
        menu.click()
        assert found(tab) == []
        assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
