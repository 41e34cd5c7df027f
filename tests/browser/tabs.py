"""How the stories look at a page: open it, wait until it is still, read what it shows."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page

QUIET_MS = 450


def open_map(tab: Page, site: str, query: str = "") -> None:
    """The one map at a state, settled."""
    tab.goto(f"{site}/?{query}" if query else f"{site}/")
    settled(tab)


def settled(tab: Page) -> None:
    """Everything asked for has come and been drawn: no request for a while."""
    tab.wait_for_selector('body[data-ready="1"]')
    tab.wait_for_timeout(QUIET_MS)
    tab.wait_for_load_state("networkidle")
    tab.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def total(tab: Page) -> int:
    """The number over the list."""
    return int(re.sub(r"\D", "", tab.locator("#count b").inner_text()))


def held(tab: Page, layer: str) -> dict[str, Any]:
    """What the map holds of a layer: `ids` of single records, `all` records in singles and clusters, `drawn` ones."""
    return tab.evaluate("(layer) => riskmap.view.held(layer)", layer)
