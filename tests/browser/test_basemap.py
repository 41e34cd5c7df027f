"""A basemap in another datum lies under the points, not beside them: a known place of each tile file stands where the map has it."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
from playwright.sync_api import Page

from riskmap.core.coordinates import from_wgs84
from riskmap.store.database import Database
from tests.browser.server import served
from tests.browser.tabs import settled
from tests.test_tiles import mbtiles

pytestmark = pytest.mark.browser

PLACE = (116.3913, 39.9075)  # lon, lat in WGS 84
ZOOM = 15
DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")


def picture() -> bytes:
    """A grey tile of 256 × 256."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    lines = (b"\0" + b"\xcc" * 256) * 256
    head = struct.pack(">IIBBBBB", 256, 256, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def pixel(lon: float, lat: float) -> tuple[float, float]:
    """Web mercator pixel at ZOOM."""
    size = 256 * 2**ZOOM
    return (lon + 180) / 360 * size, (1 - math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / math.pi) / 2 * size


@pytest.fixture(scope="module")
def tiled(city: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The product with a tile file of every datum."""
    folder: Path = tmp_path_factory.mktemp("tiles")
    x, y = (int(v // 256) for v in pixel(*PLACE))
    near = {(ZOOM, x + i, y + j): picture() for i in range(-6, 7) for j in range(-6, 7)}
    mbtiles(folder / "grey.mbtiles", near)
    listed = [{"id": d, "label": d, "file": "grey.mbtiles", "datum": d, "attribution": "test"} for d in DATUMS]
    (folder / "sources.json").write_bytes(orjson.dumps(listed))
    with served(city, grading=False, tile_sources=str(folder / "sources.json")) as address:
        yield address


WHERE = """([tile, u, v, lon, lat]) => {
  const img = [...document.querySelectorAll('img.leaflet-tile')].find(one => one.src.endsWith(tile) && one.complete && one.naturalWidth);
  if (!img) return null;
  const box = img.getBoundingClientRect(), pane = riskmap.map.getContainer().getBoundingClientRect();
  const at = riskmap.map.latLngToContainerPoint([lat, lon]);
  return [box.left + u * box.width / 256 - pane.left - at.x, box.top + v * box.height / 256 - pane.top - at.y];
}"""


@pytest.mark.parametrize("datum", DATUMS)
def test_a_place_of_the_tiles_stands_where_the_map_has_it(tiled: str, fresh_tab: Callable[..., Page], datum: str) -> None:
    tab = fresh_tab()
    faults: list[str] = []
    tab.on("pageerror", lambda fault: faults.append(str(fault)))
    tab.goto(f"{tiled}/?v={PLACE[1]},{PLACE[0]},{ZOOM}&base={datum}")
    settled(tab)
    lon, lat = from_wgs84([PLACE[0]], [PLACE[1]], "wgs84" if datum == "cgcs2000" else datum)
    x, y = pixel(float(lon[0]), float(lat[0]))
    tile = f"/tiles/{datum}/{ZOOM}/{int(x // 256)}/{int(y // 256)}"
    for _ in range(2):  # before and after the map is dragged
        tab.wait_for_function(
            "tile => [...document.querySelectorAll('img.leaflet-tile')].some(one => one.src.endsWith(tile) && one.complete)",
            arg=tile,
        )
        off = tab.evaluate(WHERE, [tile, x % 256, y % 256, *PLACE])
        # a pixel is 3.7 m here; unshifted tiles lie 150 to 400 pixels off
        assert off is not None and math.hypot(*off) < 2, off
        tab.mouse.move(800, 400)
        tab.mouse.down()
        tab.mouse.move(720, 470, steps=8)
        tab.mouse.up()
        settled(tab)
    assert faults == []
