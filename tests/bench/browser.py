"""The page against folium.GeoJson in the same chromium: twenty thousand hexagons, the processor at a quarter, no graphics processor."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import folium
import numpy as np
from playwright.sync_api import Browser, Page

from riskmap.core import cell as h3cell
from riskmap.core.coordinates import LonLat
from tests.bench import servers
from tests.bench.city import ROOT, VAR, Place
from tests.bench.table import Row
from tests.browser.chromium import opened

THROTTLE = 4
RINGS = 81                                            # 19,927 cells
CENTRE = (39.95, 116.4)
ZOOM = 11
COLOURS = {1: "#d92b2b", 2: "#f08a24", 3: "#f2d13c", 4: "#3f7fd1"}
# Usable: the middle of the canvas with the hexagons is not empty, and the page says it is ready (folium's has nothing to say).
USABLE = """([pane, says]) => {
  const canvas = document.querySelector(`${pane} canvas`);
  if (!canvas || !canvas.width || (says && document.body.dataset.ready !== "1")) return false;
  const { data } = canvas.getContext("2d").getImageData(canvas.width >> 1, canvas.height >> 1, 24, 24);
  for (let i = 3; i < data.length; i += 4) if (data[i]) { window.usable = window.usable || performance.now(); return true; }
  return false;
}"""
FRAMES = """() => {
  window.frames_ = []; let last = performance.now(); window.watching = true;
  const tick = (now) => { frames_.push(now - last); last = now; if (window.watching) requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}"""
DRAGS, STEPS = 6, 30                                  # there and back, 8 pixels a step, with the redraw at the end of each


class Plain(folium.Map):
    """Folium's map with Leaflet from this machine and without the frameworks its markers would need."""

    default_js = [("leaflet", "/leaflet/leaflet.js")]
    default_css = [("leaflet_css", "/leaflet/leaflet.css")]


def cells() -> dict[str, list[Any]]:
    """Columns as /api/cells answers."""
    found = h3cell.disk(h3cell.cell_of(LonLat(CENTRE[1], CENTRE[0])), RINGS)
    level = [1 + i % 4 for i in range(len(found))]
    return {"cell": h3cell.hex_of(found), "risk": [float(v) for v in level], "level": level, "count": level, "worst": level}


def folium_page(columns: dict[str, list[Any]], folder: Path) -> None:
    """Write the page of the other side. On canvas: as SVG so many shapes do not come up at all."""
    folder.mkdir(parents=True, exist_ok=True)
    shapes = h3cell.polygons(h3cell.from_hex(columns["cell"]))
    features = [
        {"type": "Feature", "properties": {"level": level}, "geometry": {"type": "Polygon", "coordinates": [np.round(ring, 6).tolist()]}}
        for level, ring in zip(columns["level"], (list(s.exterior.coords) for s in shapes), strict=True)
    ]
    made = Plain(location=CENTRE, zoom_start=ZOOM, tiles=None, prefer_canvas=True, zoom_control=False)
    folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        style_function=lambda f: {"fillColor": COLOURS[f["properties"]["level"]], "weight": 0.8, "color": "#fff", "fillOpacity": 0.5},
    ).add_to(made)
    made.save(str(folder / "index.html"))
    leaflet = folder / "leaflet"
    if not leaflet.exists():
        leaflet.symlink_to(ROOT / "node_modules" / "leaflet" / "dist")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        return


@contextmanager
def served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def looked(browser: Browser, address: str, pane: str, body: str | None, times: int) -> tuple[float, float, float]:
    """(first usable map s, p95 of a frame while dragging ms, worst frame ms): medians of clean browsers. `body` answers /api/cells."""
    first, p95, worst = [], [], []
    for _ in range(times):
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN", reduced_motion="reduce")
        context.set_default_timeout(120_000)
        tab: Page = context.new_page()
        if body is not None:
            tab.route("**/api/cells?*", lambda route: route.fulfill(body=body, content_type="application/json"))
        context.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
        tab.goto(address, wait_until="commit")
        tab.wait_for_function(USABLE, arg=[pane, body is not None])
        first.append(tab.evaluate("usable") / 1000)
        tab.wait_for_timeout(2000)
        if body is not None:
            tab.evaluate("riskmap.feed.refresh = () => {}")   # the stand-in cells stay for the whole drag
        frames = dragged(tab)
        p95.append(float(np.percentile(frames, 95)))
        worst.append(max(frames))
        context.close()
    return float(np.median(first)), float(np.median(p95)), float(np.median(worst))


def dragged(tab: Page) -> list[float]:
    """Milliseconds between frames while a hand drags the map to and fro."""
    x, y = 900, 450
    tab.mouse.move(x, y)
    tab.evaluate(FRAMES)
    for drag in range(DRAGS):
        way = 8 if drag % 2 == 0 else -8
        tab.mouse.down()
        for step in range(STEPS):
            x, y = x + way, y + (step % 5 - 2)
            tab.mouse.move(x, y)
            tab.wait_for_timeout(16)
        tab.wait_for_timeout(100)                     # at rest before it is let go: no throw
        tab.mouse.up()
        tab.wait_for_timeout(400)
    return tab.evaluate("() => { window.watching = false; return frames_.slice(2); }")


def rows(place: Place, times: int) -> list[Row]:
    columns = cells()
    n = len(columns["cell"])
    body = json.dumps({"resolution": 9, "run": 1, **columns})
    folder = VAR / "folium"
    folium_page(columns, folder)
    view = f"?v={CENTRE[0]},{CENTRE[1]},{ZOOM}&layers=cells,districts&l=districts"
    with servers.ours(place) as ours, served(folder) as theirs, opened() as browser:
        looked(browser, f"{ours}/{view}", ".leaflet-rm-hexes-pane", body, 1)
        a = looked(browser, f"{ours}/{view}", ".leaflet-rm-hexes-pane", body, times)
        b = looked(browser, f"{theirs}/index.html", ".leaflet-overlay-pane", None, times)
        version = browser.version
    what = f"{n:,} 个六边形 hexagons, 4× 降速 throttle"
    return [
        Row(f"首个可用地图 first usable map, {what}", a[0], b[0], "s", "folium.GeoJson",
            f"chromium {version}，无 GPU；folium 用 canvas（SVG 画不完）on canvas, SVG never ends；本品含列表与图例 ours with list and legend",
            goal=2.5),
        Row(f"拖动一帧 p95 frame while dragging, {what}", a[1], b[1], "ms", "folium.GeoJson",
            f"最慢一帧（松手重画）worst, the redraw at the end {a[2]:.0f} / {b[2]:.0f} ms", goal=80),
    ]
