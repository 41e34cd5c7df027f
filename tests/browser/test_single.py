"""The single-file map, opened as a person would open it: from a stick, by a double click."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from riskmap.settings import settings
from tests.browser.hostile import HOSTILE
from tests.test_page import single

pytestmark = pytest.mark.browser


def test_it_opens_with_no_request_and_every_name_is_text(tab: Page, tmp_path: Path) -> None:
    if not (settings().web_dir / "vendor/leaflet/leaflet.js").is_file():
        pytest.skip("web/vendor is filled at set-up")
    path = tmp_path / "map.html"
    path.write_text(single(), "utf-8")
    asked: list[str] = []
    errors: list[str] = []
    tab.on("request", lambda r: asked.append(r.url) if not r.url.startswith("data:") else None)
    tab.on("pageerror", lambda e: errors.append(str(e)))
    tab.goto(path.as_uri())
    tab.wait_for_selector(".snap-i")
    assert asked == [path.as_uri()] and errors == []
    assert tab.locator(".snap-i").count() == len(HOSTILE)
    assert tab.evaluate("() => window.__x") is None
    assert tab.locator("tbody tr td:nth-child(2)").all_text_contents() == HOSTILE
    tab.locator(".snap-i").nth(4).hover()
    assert HOSTILE[4] in tab.locator(".leaflet-tooltip").inner_text()
