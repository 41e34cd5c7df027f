"""How the stories look at a page: open it, wait until it is still, read what it shows."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page

QUIET_MS = 450
LATEST_MS = 15_000
# Answers so far (the buffer of the browser is made large enough to count them), or -1 while the map flies.
ANSWERS = """() => { performance.setResourceTimingBufferSize(100000);
  return window.riskmap && riskmap.view && riskmap.view.map._animatingZoom ? -1 : performance.getEntriesByType("resource").length; }"""


def open_map(tab: Page, site: str, query: str = "") -> None:
    """The one map at a state, settled."""
    tab.goto(f"{site}/?{query}" if query else f"{site}/")
    settled(tab)


def settled(tab: Page) -> None:
    """Everything asked for has come and been drawn: the map stands and no answer has come for a while, however slow the machine is."""
    tab.wait_for_selector('body[data-ready="1"]')
    before, waited = -2, 0
    while (now := tab.evaluate(ANSWERS)) != before or now < 0:
        assert waited < LATEST_MS, "the page never comes to rest"
        before, waited = now, waited + QUIET_MS
        tab.wait_for_timeout(QUIET_MS)
    tab.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def total(tab: Page) -> int:
    """The number over the list."""
    return int(re.sub(r"\D", "", tab.locator("#count b").inner_text()))


def held(tab: Page, layer: str) -> dict[str, Any]:
    """What the map holds of a layer: `ids` of single records, `all` records in singles and clusters, `drawn` ones."""
    return tab.evaluate("(layer) => riskmap.view.held(layer)", layer)
