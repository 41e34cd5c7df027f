"""The 作战图, opened as a commander would open it: from a stick, by a double click, on a machine without any network."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from playwright.sync_api import Page

from riskmap import catalogue
from riskmap.core.actor import OFFICER
from riskmap.core.response.scenario import Given
from riskmap.flows import incident, paper
from riskmap.flows.register import Desk
from riskmap.settings import settings
from riskmap.store.database import Database
from riskmap.store.places import gazetteer
from tests.api.test_incidents import plant  # noqa: F401
from tests.flows.test_paper import said, squeezed

pytestmark = pytest.mark.browser
NOW = dt.datetime(2026, 11, 25, 4, 0, tzinfo=dt.UTC)
HOSTILE = '<img src=x onerror="window.__x=1">{{ 7*7 }}</script>液氯'


def test_it_opens_from_a_stick_with_no_request_and_says_what_the_screen_says(tab: Page, db: Database, plant: dict[str, int], tmp_path: Path) -> None:  # noqa: F811
    if not (settings().web_dir / "vendor/leaflet/leaflet.js").is_file():
        pytest.skip("web/vendor is filled at set-up")
    with db.as_user(OFFICER, write=True) as conn:
        desk = Desk(catalogue.load(settings().layers_dir, settings().data_dir / "codes"), gazetteer(conn), 100)
        conn.execute("UPDATE feature SET name = %s WHERE id = %s", (HOSTILE, plant["south"]))
        told = {"feature_id": plant["hazard"], "kind": "accident.chemical", "exercise": True, "title": HOSTILE}
        id = incident.opened(conn, desk, told, OFFICER, NOW)["id"]
        incident.planned(conn, desk, None, id, Given(wind_ms=3, wind_from_deg=180, rate_kg_s=0.9), OFFICER, NOW)
        file = paper.plan_paper(conn, desk, settings(), id, 1, "html", "zh-CN", OFFICER, NOW)
    path = tmp_path / "map.html"
    path.write_bytes(file.content)
    asked: list[str] = []
    errors: list[str] = []
    tab.on("request", lambda r: asked.append(r.url) if not r.url.startswith("data:") else None)
    tab.on("pageerror", lambda e: errors.append(str(e)))
    tab.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    tab.goto(path.as_uri())
    tab.wait_for_selector(".bt-i-place")
    assert asked == [path.as_uri()] and errors == []
    assert tab.evaluate("() => window.__x") is None
    text = squeezed(tab.locator("body").inner_text())
    assert [t for t in said(db, desk, id) if t not in text] == []
    assert "演练" in text and tab.locator(".bt-i-shelter").count() >= 1 and tab.locator(".bt-i-site").count() == 2
    tab.locator(".bt-i-shelter").first.hover()
    assert HOSTILE in tab.locator(".leaflet-tooltip").inner_text()
