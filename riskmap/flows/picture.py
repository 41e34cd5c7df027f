"""Cells as they travel to the screen, prepared once a change and cut by box from memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from riskmap.core import cell as h3cell
from riskmap.core.grading.coarse import COARSEST, drawn
from riskmap.core.grading.engine import Engine
from riskmap.core.grading.method import MICRO
from riskmap.errors import BadInput

Box = tuple[float, float, float, float]  # west, south, east, north, WGS 84 degrees
MARGIN = {5: 0.15, 6: 0.055, 7: 0.021, 8: 0.008, 9: 0.003}  # degrees from a centre to its farthest corner, generously
KEPT = 512  # answers remembered until the next change


@dataclass(frozen=True, eq=False)
class Sheet:
    """One resolution, sorted by cell; `text` holds the hexadecimal ids."""

    cell: NDArray[np.int64]
    text: NDArray[np.object_]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    risk: NDArray[np.float64]
    level: NDArray[np.int8]
    count: NDArray[np.int64]
    worst: NDArray[np.int8]


class Picture:
    """The cells of one engine at one revision after another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._sheets: dict[int, Sheet] = {}
        self._answers: OrderedDict[tuple[Any, ...], bytes] = OrderedDict()
        self._places: dict[int, tuple[NDArray[np.int64], Any, Any, Any]] = {}

    def answer(self, engine: Engine, run: int, resolution: int, box: Box | None, delta: bool = False) -> bytes:
        """JSON of the cells of a resolution that touch a box: cell, risk, level, count, worst. BadInput outside 5..9."""
        if resolution not in MARGIN:
            raise BadInput(
                f"分辨率 {resolution} 不在 {COARSEST}–9 (not a resolution of the map)", where="resolution", remedy="5 … 9"
            )
        key = (run, resolution, box, delta)
        with self._lock:
            self._turn(engine)
            if found := self._answers.get(key):
                self._answers.move_to_end(key)
                return found
            if resolution not in self._sheets:
                self._sheets[resolution] = self._sheet(engine, resolution)
            sheet = self._sheets[resolution]
        body = _body(sheet, run, resolution, box, delta)
        with self._lock:
            self._answers[key] = body
            if len(self._answers) > KEPT:
                self._answers.popitem(last=False)
        return body

    def warm(self, engine: Engine) -> None:
        """Prepare every resolution before the first reader asks."""
        for resolution in MARGIN:
            with self._lock:
                self._turn(engine)
                if resolution not in self._sheets:
                    self._sheets[resolution] = self._sheet(engine, resolution)

    def _turn(self, engine: Engine) -> None:
        """Forget what was prepared for another state."""
        if self._stamp != (id(engine), engine.revision):
            self._stamp = (id(engine), engine.revision)
            self._sheets.clear()
            self._answers.clear()

    def _sheet(self, engine: Engine, resolution: int) -> Sheet:
        with engine.lock:
            d = drawn(engine, resolution)
        text, lon, lat = self._placed(resolution, d.cell, engine)
        return Sheet(d.cell, text, lon, lat, np.round(d.risk / MICRO, 1), d.level, d.count, d.worst)

    def _placed(self, resolution: int, cells: NDArray[np.int64], engine: Engine) -> tuple[Any, Any, Any]:
        """Ids and centres, worked out once for all cells of the ground."""
        if resolution not in self._places:
            every = (
                engine.ground.cell
                if resolution == h3cell.RESOLUTION
                else np.unique(h3cell.parent(engine.ground.cell, resolution))
            )
            self._places[resolution] = (every, np.array(h3cell.hex_of(every), dtype=object), *h3cell.center(every))
        every, text, lon, lat = self._places[resolution]
        at = np.minimum(np.searchsorted(every, cells), max(len(every) - 1, 0))
        if len(cells) and (every[at] != cells).any():  # another ground
            del self._places[resolution]
            return self._placed(resolution, cells, engine)
        return text[at], lon[at], lat[at]


def _body(sheet: Sheet, run: int, resolution: int, box: Box | None, delta: bool) -> bytes:
    if box is None:
        at: Any = slice(None)
    else:
        m = MARGIN[resolution]
        at = np.flatnonzero(
            (sheet.lon >= box[0] - m) & (sheet.lon <= box[2] + m) & (sheet.lat >= box[1] - m) & (sheet.lat <= box[3] + m)
        )
    head: dict[str, Any] = {"resolution": resolution, "run": run}
    if delta:
        shift = 3 * (15 - resolution)  # the digits below the resolution are all ones
        ids = sheet.cell[at] >> shift
        head |= {"base": f"{int(sheet.cell[at][0]):x}" if len(ids) else None, "shift": shift, "delta": np.diff(ids)}
    else:
        head["cell"] = sheet.text[at].tolist()
    return orjson.dumps(
        head | {"risk": sheet.risk[at], "level": sheet.level[at], "count": sheet.count[at], "worst": sheet.worst[at]},
        option=orjson.OPT_SERIALIZE_NUMPY,
    )
