"""How fast the page feels on an old office machine: processor at a quarter, no graphics processor. Run by make check-long."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page

from tests.bench import browser as bench
from tests.browser.tabs import settled

pytestmark = [pytest.mark.browser, pytest.mark.long]

THROTTLE = 4
FRAMES = """() => { window.__frames = []; let last = performance.now();
  const tick = (now) => { window.__frames.push(now - last); last = now; requestAnimationFrame(tick); }; requestAnimationFrame(tick); }"""
# Twenty thousand cells of resolution 9 round the centre, in place of the city's own, all in view.
CELLS = """async () => {
  await riskmap.feed.h3();
  const cell = h3.gridDisk(h3.latLngToCell(39.95, 116.4, 9), 81), level = cell.map((_, i) => 1 + (i % 4));
  riskmap.feed.refresh = () => {};
  riskmap.view.setCells({ resolution: 9, cell, level, risk: level, count: level, worst: level });
  riskmap.view.map.setView([39.95, 116.4], 11, { animate: false });
  return cell.length;
}"""


def slowed(tab: Page) -> None:
    tab.context.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})


def test_the_first_usable_map_within_2_5_seconds(fresh_tab: Callable[..., Page], site: str) -> None:
    fresh_tab().wait_for_timeout(5000)  # a browser just started is busy with itself
    took = []
    for _ in range(5):
        tab = fresh_tab()
        slowed(tab)
        begun = time.perf_counter()
        tab.goto(f"{site}/", wait_until="commit")
        tab.wait_for_selector('body[data-ready="1"]')
        tab.wait_for_selector("#rows .li")
        took.append(time.perf_counter() - begun)
        tab.context.close()
    assert sorted(took)[len(took) // 2] <= 2.5, took  # the median: the best of several would hide what people wait for


def test_20000_hexagons_list_and_legend_within_2_5_seconds(chromium: Browser, site: str) -> None:
    """As the bench measures it: a clean browser each time, the hexagons painted and the page ready."""
    body = json.dumps({"resolution": 9, "run": 1, **bench.cells()})
    view = f"?v={bench.CENTRE[0]},{bench.CENTRE[1]},{bench.ZOOM}&layers=cells,districts&l=districts"
    bench.looked(chromium, f"{site}/{view}", ".leaflet-rm-hexes-pane", body, 1)
    first, _, _ = bench.looked(chromium, f"{site}/{view}", ".leaflet-rm-hexes-pane", body, 5)
    assert first <= 2.5


def test_a_filter_is_drawn_within_a_second(tab: Page, site: str) -> None:
    slowed(tab)
    tab.goto(f"{site}/?v=39.9,116.4,11.5&view=1")
    settled(tab)
    took = []
    for level in ("4", "3", "4"):
        before = tab.locator("#count").inner_text()
        begun = time.perf_counter()
        tab.keyboard.press(level)
        tab.wait_for_selector(f'#count:not(:text-is("{before}"))')
        took.append(time.perf_counter() - begun)
        settled(tab)
    assert max(took) <= 1.0, took


def test_panning_20000_hexagons_keeps_up(tab: Page, site: str) -> None:
    tab.goto(f"{site}/?v=39.95,116.4,11&layers=cells,districts&l=districts")
    settled(tab)
    assert tab.evaluate(CELLS) > 19_000
    slowed(tab)
    tab.evaluate(FRAMES)
    for x, y in ((80, 40), (-70, 50), (60, -60), (-90, -20)):
        tab.mouse.move(700, 450)
        tab.mouse.down()
        tab.mouse.move(700 + x, 450 + y, steps=25)
        tab.mouse.up()
    frames = sorted(tab.evaluate("window.__frames.slice(2)"))
    assert len(frames) > 30
    assert frames[int(len(frames) * 0.95)] <= 80, frames[-6:]
