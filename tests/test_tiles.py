"""Tile archives: real MBTiles and PMTiles files read tile by tile, torn ones and vector ones refused with their name."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from riskmap.errors import SetupError
from riskmap.readers.tiles import opened

TILES = {(0, 0, 0): b"\x89PNG world", (2, 3, 1): b"\x89PNG east, second row from the north"}


def mbtiles(path: Path, tiles: dict[tuple[int, int, int], bytes], format: str = "png") -> Path:
    """Rows counted from the south, as the specification has it."""
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE metadata (name text, value text)")
        file.execute("INSERT INTO metadata VALUES ('format', ?), ('name', 'test')", (format,))
        file.execute("CREATE TABLE tiles (zoom_level int, tile_column int, tile_row int, tile_data blob)")
        file.executemany(
            "INSERT INTO tiles VALUES (?, ?, ?, ?)", [(z, x, 2**z - 1 - y, data) for (z, x, y), data in tiles.items()]
        )
    file.close()
    return path


def pmtiles(path: Path, tiles: dict[tuple[int, int, int], bytes], kind: TileType = TileType.PNG) -> Path:
    with path.open("wb") as file:
        writer = Writer(file)
        for z, x, y in sorted(tiles, key=lambda at: zxy_to_tileid(*at)):
            writer.write_tile(zxy_to_tileid(z, x, y), tiles[z, x, y])
        header = {"tile_type": kind, "tile_compression": Compression.NONE, "min_lon_e7": -1800000000, "min_lat_e7": -850000000,
                  "max_lon_e7": 1800000000, "max_lat_e7": 850000000, "center_zoom": 0, "center_lon_e7": 0, "center_lat_e7": 0}  # fmt: skip
        writer.finalize(header, {})
    return path


@pytest.mark.parametrize(("make", "name"), [(mbtiles, "city.mbtiles"), (pmtiles, "city.pmtiles")])
def test_a_tile_is_the_one_that_was_put_in(tmp_path: Path, make, name: str) -> None:
    archive = opened(make(tmp_path / name, TILES))
    assert {at: archive.tile(*at) for at in TILES} == TILES
    assert archive.tile(2, 3, 2) is None
    assert (archive.media, archive.max_zoom) == ("image/png", 2)


def test_vector_tiles_and_torn_files_are_refused_by_name(tmp_path: Path) -> None:
    torn = tmp_path / "torn.mbtiles"
    torn.write_bytes(mbtiles(tmp_path / "whole.mbtiles", TILES).read_bytes()[:3000])
    short = tmp_path / "short.pmtiles"
    short.write_bytes(b"PMTiles\x03")
    text = tmp_path / "notes.txt"
    text.write_text("not tiles")
    for path in (torn, short, text, tmp_path / "absent.mbtiles", tmp_path / "absent.pmtiles",
                 mbtiles(tmp_path / "vector.mbtiles", TILES, "pbf"), pmtiles(tmp_path / "vector.pmtiles", TILES, TileType.MVT)):  # fmt: skip
        with pytest.raises(SetupError) as told:
            opened(path)
        assert told.value.where == str(path) and told.value.remedy
