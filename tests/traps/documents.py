# ruff: noqa: E501
"""GeoJSON, csv, GeoPackage and Shapefile traps. Each function gives the bytes of a file."""

from __future__ import annotations

import io
import json
import sqlite3
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np


def collection(*geometries: Any, properties: dict[str, Any] | None = None) -> bytes:
    features = [{"type": "Feature", "properties": properties or {"name": "x"}, "geometry": g} for g in geometries]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def point(lon: Any = 116.39, lat: Any = 39.9) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


def star(vertices: int) -> dict[str, Any]:
    """A random star: thousands of self-intersections, on which mending would take minutes."""
    rng = np.random.default_rng(1)
    ring = np.column_stack([116.4 + rng.normal(0, 0.05, vertices), 39.9 + rng.normal(0, 0.05, vertices)]).tolist()
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def depth_bomb() -> bytes:
    return b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":' + b"[" * 100_000 + b"]" * 100_000 + b"}}]}"


def depth_in_properties() -> bytes:
    return b'{"type":"FeatureCollection","features":[{"type":"Feature","geometry":null,"properties":{"a":' + b'{"a":' * 40 + b"1" + b"}" * 40 + b"}}]}"


def nan() -> bytes:
    return collection(point()).replace(b"39.9", b"NaN")


def nan_property() -> bytes:
    return collection(point(), properties={"a": {"b": [1, float("nan")]}})


def infinity() -> bytes:
    return collection(point()).replace(b"39.9", b"-Infinity")


def overflow() -> bytes:
    return collection(point()).replace(b"39.9", b"1e999")


def star_500() -> bytes:
    return collection(star(500))


def star_2000() -> bytes:
    return collection(star(1_999))


def too_many_vertices() -> bytes:
    angle = np.linspace(0, 2 * np.pi, 5_000, endpoint=False)
    ring = np.column_stack([116.4 + 0.1 * np.cos(angle), 39.9 + 0.1 * np.sin(angle)]).tolist()
    return collection({"type": "Polygon", "coordinates": [[*ring, ring[0]]]})


def two_million_vertices() -> bytes:
    ring = b",".join(b"[116.4,39.9]" for _ in range(1_500_000))
    return b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[' + ring + b"]}}]}"


def bow_tie() -> bytes:
    return collection(point(), {"type": "Polygon", "coordinates": [[[116.3, 39.8], [116.4, 39.9], [116.4, 39.8], [116.3, 39.9], [116.3, 39.8]]]})


def zero_area() -> bytes:
    return collection({"type": "Polygon", "coordinates": [[[116.3, 39.8], [116.3, 39.8], [116.3, 39.8], [116.3, 39.8]]]})


def empty_point() -> bytes:
    return collection({"type": "Point", "coordinates": []})


def empty_polygon() -> bytes:
    return collection({"type": "Polygon", "coordinates": []})


def collection_nest() -> bytes:
    nest: dict[str, Any] = point()
    for _ in range(10):
        nest = {"type": "GeometryCollection", "geometries": [nest]}
    return collection(nest)


def words_for_numbers() -> bytes:
    return collection({"type": "Point", "coordinates": ["116.39", "39.9"]})


def unknown_type() -> bytes:
    return collection({"type": "Blob", "coordinates": [1, 2]})


def no_features() -> bytes:
    return b'{"type":"FeatureCollection","features":[]}'


def topology() -> bytes:
    return b'{"type":"Topology","objects":{}}'


def truncated() -> bytes:
    return collection(point())[:-10]


def huge_integer() -> bytes:
    return collection(point()).replace(b"39.9", b"9" * 6_000)


def long_property() -> bytes:
    return collection(point(), properties={"name": "x" * 5_000})


def lone_surrogate_is_text() -> bytes:
    return collection(point(), properties={"name": "a\ud800b"})


GEOJSON_REFUSED = {f.__name__: f for f in (
    depth_bomb, depth_in_properties, nan, nan_property, infinity, overflow, star_500, star_2000, too_many_vertices, two_million_vertices, bow_tie, zero_area, empty_point, empty_polygon,
    collection_nest, words_for_numbers, unknown_type, no_features, topology, truncated, huge_integer, long_property,
)}  # fmt: skip


def nul_bytes() -> bytes:
    return "场所名称,经度\n甲\x00,116\n".encode()


def noise() -> bytes:
    return bytes(np.random.default_rng(5).integers(1, 256, 20_000, dtype=np.uint8))


def endless_field() -> bytes:
    return ("场所名称,经度\n\"" + "x" * 300_000).encode()


def too_wide() -> bytes:
    return (",".join(f"c{i}" for i in range(300)) + "\n").encode()


def only_blank() -> bytes:
    return b" \n,,,\n\n"


def html_named_xls() -> bytes:
    return "<html><table><tr><td>场所名称</td></tr></table></html>".encode()


def pdf() -> bytes:
    return b"%PDF-1.7\n..."


def external_entity_xml() -> bytes:
    return b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><x>&e;</x>"


TEXT_REFUSED = {f.__name__: f for f in (nul_bytes, noise, endless_field, too_wide, only_blank, html_named_xls, pdf, external_entity_xml)}


def broken_sqlite() -> bytes:
    return b"SQLite format 3\x00" + b"\xff" * 4_000


def plain_sqlite() -> bytes:
    """A database that never ends answering: no GeoPackage, and a view that counts to a trillion."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.gpkg")
        with sqlite3.connect(path) as conn:
            conn.executescript("CREATE VIEW v AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000) SELECT count(*) AS c FROM n;")
        return path.read_bytes()


def zip_of(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, body in files.items():
            z.writestr(name, body)
    return out.getvalue()


def zip_without_shapefile() -> bytes:
    return zip_of({"a.txt": b"x"})


def zipped_workbook() -> bytes:
    from tests.traps.workbooks import book
    return zip_of({"a.xlsx": book()})


def lone_shp_in_zip() -> bytes:
    return zip_of({"a.shp": b"\x00\x00\x27\x0a" + b"\x00" * 96})


def garbage_shapefile() -> bytes:
    return zip_of({"a.shp": b"\x00\x00\x27\x0a" + b"\xff" * 400, "a.dbf": b"\x03" + b"\xff" * 100, "a.shx": b"\x00" * 100})


BINARY_REFUSED = {f.__name__: f for f in (broken_sqlite, plain_sqlite, zip_without_shapefile, zipped_workbook, lone_shp_in_zip, garbage_shapefile)}
