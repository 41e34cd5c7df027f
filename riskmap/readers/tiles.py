"""Tile archives of the operator's own: MBTiles and PMTiles files of pictures in the web mercator pyramid, read tile by tile."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Protocol

from pmtiles.reader import Compression, MmapSource, Reader
from pmtiles.tile import TileType

from riskmap.errors import SetupError

MEDIA = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp", "avif": "image/avif"}


class Archive(Protocol):
    """One file of tiles. `media` is the type of its pictures, `max_zoom` the deepest zoom it holds."""

    media: str
    max_zoom: int

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """The picture of a tile (y counted from the north), None where the file has none."""


def opened(path: Path) -> Archive:
    """The archive of a file ending in .mbtiles or .pmtiles. Raises SetupError for one that cannot be read or holds no pictures."""
    kinds = {".mbtiles": MBTiles, ".pmtiles": PMTiles}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        raise _unfit(path, "只认 .mbtiles 与 .pmtiles 文件 / only .mbtiles and .pmtiles files are known")
    try:
        return kind(path)
    except SetupError:
        raise
    except Exception as fault:  # a torn file breaks either library in ways of its own; the operator is told at the start
        raise _unfit(path, f"读不出 / cannot be read: {fault}") from None


class MBTiles:
    """An SQLite file, version 1.3 of the MBTiles specification: rows counted from the south."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()  # one connection for all threads of the server
        self._file = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        told = dict(self._file.execute("SELECT name, value FROM metadata"))
        self.media = _media(path, str(told.get("format", "")))
        self.max_zoom = int(self._file.execute("SELECT max(zoom_level) FROM tiles").fetchone()[0])

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        asked = (z, x, 2**z - 1 - y)
        with self._lock:
            found = self._file.execute(
                "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?", asked
            ).fetchone()
        return found[0] if found else None


class PMTiles:
    """A PMTiles file of version 3, mapped into memory."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._reader = Reader(MmapSource(file))
        head = self._reader.header()
        self.media = _media(path, TileType(head["tile_type"]).name.lower())
        if head["tile_compression"] not in (Compression.NONE, Compression.UNKNOWN):
            raise _unfit(path, "图片不应再压缩 / pictures must not be compressed once more")
        self.max_zoom = int(head["max_zoom"])

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        return self._reader.get(z, x, y)


def _media(path: Path, format: str) -> str:
    media = MEDIA.get(format)
    if media is None:
        raise _unfit(
            path, f"只能画图片瓦片（png、jpg、webp），不是 {format or '?'} / only pictures can be drawn, no vector tiles"
        )
    return media


def _unfit(path: Path, why: str) -> SetupError:
    return SetupError(
        f"瓦片文件不能用 / the tile file cannot be used: {why}", where=str(path), remedy="见 README「底图」 / see README"
    )
