"""Features page and cells endpoint against tipg: same database, same columns, same boxes, counts off on both sides."""

from __future__ import annotations

import math
import random
import subprocess
from collections.abc import Sequence

import psycopg
from psycopg import sql

from riskmap.core import cell as h3cell
from tests.bench import servers
from tests.bench.city import TIPG, Place
from tests.bench.table import Row

LIMIT = 200
WARM_S = 8                                            # either side is asked so long beforehand: plans, caches and pools stand
BOXES = 2000                                          # more than either side could remember
ZOOMS = (11, 12, 13, 14)
RESOLUTION = {11: 8, 12: 8, 13: 9, 14: 9}             # web/js/map/zoom.js
FIELDS = ("kind", "accident_type")
COMMON = ("code", "name", "level", "effective_level", "district", "town", "address", "status", "missing", "verified_on", "parent_id",
          "parent_name", "version", "demo")

# What tipg serves: the same fields as our endpoint answers with, one view without row-level security (its owner is the superuser).
VIEW = """
CREATE VIEW bench.risk_source AS
SELECT f.id, f.code, f.name, f.level, f.effective_level, f.district_code AS district, f.town_code AS town, f.address, f.status,
       f.missing, f.verified_on, f.parent_id, (SELECT q.name FROM public.feature q WHERE q.id = f.parent_id) AS parent_name,
       f.version, f.demo, f.attributes ->> 'kind' AS kind, f.attributes ->> 'accident_type' AS accident_type,
       f.geom::geometry(Point, 4326) AS geom
FROM public.feature f WHERE f.layer = 'risk_source' AND f.status IN ('approved', 'incomplete')
"""
CELLS = """
CREATE TABLE bench.cells_{r} (id int PRIMARY KEY, cell text, risk float8, level int, count int, worst int, geom geometry(Polygon, 4326));
CREATE INDEX ON bench.cells_{r} USING gist (geom);
"""

Box = tuple[float, float, float, float]


def tiles(points: Sequence[tuple[float, float]], seed: int) -> list[tuple[int, Box]]:
    """(zoom, box): web map tiles of zoom 11 to 14 around sources drawn at random, west, south, east, north."""
    draw = random.Random(seed)
    out = []
    for i in range(BOXES):
        zoom = ZOOMS[i % len(ZOOMS)]
        lon, lat = draw.choice(points)
        side = 360 / 2**zoom
        tall = side * math.cos(math.radians(lat))
        west, south = lon - side * draw.random(), lat - tall * draw.random()
        out.append((zoom, (west, south, west + side, south + tall)))
    return out


def text(box: Box) -> str:
    return ",".join(f"{v:.6f}" for v in box)


def publish(place: Place, ours: str) -> None:
    """The schema tipg sees: the view of the sources and our own drawn cells as polygons."""
    with psycopg.connect(place.dsns().superuser, autocommit=True) as conn:
        conn.execute("DROP SCHEMA IF EXISTS bench CASCADE")
        conn.execute("CREATE SCHEMA bench")
        conn.execute(VIEW)
        for r in sorted(set(RESOLUTION.values())):
            conn.execute(CELLS.format(r=r))  # type: ignore[arg-type]
            got = servers.fetch(f"{ours}/api/cells?resolution={r}")
            with conn.cursor().copy(f"COPY bench.cells_{r} FROM STDIN") as copy:  # type: ignore[arg-type]
                for i, name in enumerate(got["cell"]):
                    ring = h3cell.boundary(int(name, 16))
                    wkt = ", ".join(f"{lon} {lat}" for lon, lat in [*ring, ring[0]])
                    copy.write_row((i, name, got["risk"][i], got["level"][i], got["count"][i], got["worst"][i],
                                    f"SRID=4326;POLYGON(({wkt}))"))
        conn.execute(sql.SQL("GRANT USAGE ON SCHEMA bench TO {0}; GRANT SELECT ON ALL TABLES IN SCHEMA bench TO {0}").format(
            sql.Identifier(TIPG)))
        conn.execute("VACUUM ANALYZE")


def paths(boxes: list[tuple[int, Box]]) -> dict[str, tuple[list[str], list[str]]]:
    """Endpoint → (our paths, tipg's paths)."""
    columns = ",".join([*COMMON, *FIELDS])
    return {
        "features": (
            [f"/api/layers/risk_source/features?bbox={text(b)}&limit={LIMIT}&sort=id&count=false&facts=false"
             f"&properties={','.join(FIELDS)}" for _, b in boxes],
            [f"/collections/bench.risk_source/items?bbox={text(b)}&limit={LIMIT}&properties={columns}" for _, b in boxes],
        ),
        "cells": (
            [f"/api/cells?resolution={RESOLUTION[z]}&bbox={text(b)}" for z, b in boxes],
            [f"/collections/bench.cells_{RESOLUTION[z]}/items?bbox={text(b)}&limit=10000&properties=cell,risk,level,count,worst"
             "&bbox-only=true" for z, b in boxes],
        ),
    }


def same(address_ours: str, address_theirs: str, asked: tuple[list[str], list[str]], which: str) -> str:
    """Both sides asked the same twenty boxes; says how many records they gave, and fails where a features page differs."""
    records = 0
    for mine, other in list(zip(*asked, strict=True))[:20]:
        a, b = servers.fetch(address_ours + mine), servers.fetch(address_theirs + other)
        theirs = b["features"]
        if which == "features":
            got = {f["id"]: f["properties"] for f in a["features"]}
            want = {f["id"]: f["properties"] for f in theirs}
            # `&&` compares boxes rounded to 32 bits: a point within a metre outside the edge may be in, and push the last one out.
            if len(set(got) ^ set(want)) > 2 or any(got[k] != want[k] for k in set(got) & set(want)):
                raise AssertionError(f"answers differ: {mine} {sorted(set(got) ^ set(want))[:5]}")
            records += len(got)
        else:
            missing = {f["properties"]["cell"] for f in theirs} - set(a["cell"])
            if missing:
                raise AssertionError(f"cells missing: {mine} {sorted(missing)[:3]}")
            records += len(a["cell"])
    return f"平均每答 {records // 20} 条 records per answer"


def rows(place: Place, seconds: int) -> list[Row]:
    """Two rows an endpoint: requests a second, and p95."""
    points = [(lon, lat) for lon, lat in zip(place.made.layers["risk_source"]["lon"], place.made.layers["risk_source"]["lat"],
                                             strict=True) if lon is not None]
    boxes = paths(tiles(points, 7))
    out: list[Row] = []
    with servers.ours(place) as mine:
        publish(place, mine)
        failure, theirs, notes = "", {}, {}
        try:
            with servers.tipg(place) as other:
                for which, asked in boxes.items():
                    notes[which] = same(mine, other, asked, which)
                    servers.asked(other, asked[1], WARM_S)
                    theirs[which] = servers.asked(other, asked[1], seconds)
        except (subprocess.SubprocessError, OSError) as fault:
            failure = f"tipg 没有装上 could not be run: {str(fault)[:120]}"
        for which, asked in boxes.items():
            servers.asked(mine, asked[0], WARM_S)
            a, b = servers.asked(mine, asked[0], seconds), theirs.get(which)
            if a["bad"] or (b and b["bad"]):
                raise AssertionError(f"{which}: failed requests: ours {a['bad']}, tipg {b and b['bad']}")
            note = failure or (f"{notes[which]}，{a['bytes'] / a['requests'] / 1000:.0f} / {b['bytes'] / b['requests'] / 1000:.0f} kB，"
                               f"p50 {a['p50_ms']:.1f} / {b['p50_ms']:.1f} ms")
            rate = b and b["requests"] / b["seconds"]
            label = {"features": "要素页 features page, 200 条，8 连接", "cells": "网格 cells, 8 连接"}[which]
            out += [
                Row(label, a["requests"] / a["seconds"], rate, "req/s", "tipg", note, "more", rate and 2 * rate),
                Row(f"{label} p95", a["p95_ms"], b and b["p95_ms"], "ms", "tipg", "", goal=50),
            ]
    return out
