"""Rows coming in: the registration against a bare COPY, and points to districts against geopandas."""

from __future__ import annotations

import datetime as dt
import io
import time

import geopandas
import numpy as np
import psycopg

from riskmap.core.actor import OPERATOR
from riskmap.core.feature import check
from riskmap.flows.register import Source, commit, plan
from riskmap.store.database import Database
from riskmap.store.patience import be_patient
from tests.bench.city import Place, desk, layers
from tests.bench.table import Row, best

PATIENCE_S = 600
LAYER = "risk_source"


def registered(db: Database, name: str, table: dict, now: dt.datetime) -> tuple[float, float]:
    """(seconds of checking, seconds of plan and commit) of one layer as one batch."""
    at = desk(db)
    clock = time.perf_counter()
    checked = check(at.catalogue.layer(name), at.catalogue.codes, table, gazetteer=at.gazetteer)
    checking = time.perf_counter() - clock
    clock = time.perf_counter()
    with db.as_user(OPERATOR, write=True) as conn:
        be_patient(conn, PATIENCE_S)
        made = plan(conn, at, checked, Source(file_name="bench", demo=True), OPERATOR)
        commit(conn, at, made["id"], made["plan_hash"], OPERATOR, now, accept_duplicates=True)
    return checking, time.perf_counter() - clock


def imports(place: Place) -> list[Row]:
    """The city's sources into an empty database: checked, planned, journalled; then the very rows by COPY into the same shape."""
    city, now = place.made.layers, dt.datetime.now(dt.UTC)
    with place.fresh("bench_import") as where:
        with Database(where.app, where.engine, 4, layers().staff_layers()) as db:
            for name in ("enterprise", "major_hazard"):
                registered(db, name, city[name], now)
            with psycopg.connect(where.superuser, autocommit=True) as conn:
                conn.execute("VACUUM ANALYZE")
            checking, storing = registered(db, LAYER, city[LAYER], now)
        with psycopg.connect(where.superuser, autocommit=True) as conn:
            columns = ", ".join(r[0] for r in conn.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = 'feature'::regclass AND attnum > 0 AND NOT attisdropped"
                " AND attgenerated = '' ORDER BY attnum").fetchall())
            held = io.BytesIO()
            with conn.cursor().copy(f"COPY (SELECT {columns} FROM feature WHERE layer = '{LAYER}') TO STDOUT") as out:  # type: ignore[arg-type]
                for piece in out:
                    held.write(piece)
            conn.execute("CREATE TABLE copied (LIKE feature INCLUDING ALL)")
            conn.execute("CHECKPOINT")
            clock = time.perf_counter()
            with conn.transaction(), conn.cursor().copy(f"COPY copied ({columns}) FROM STDIN") as into:  # type: ignore[arg-type]
                into.write(held.getvalue())
            copying = time.perf_counter() - clock
            n = conn.execute("SELECT count(*) FROM copied").fetchone()[0]  # type: ignore[index]
    return [Row(f"导入 import, {n:,} 行 rows", checking + storing, copying, "s", "COPY",
                f"校验 checking {checking:.1f} s + 计划、判重、入库、版本、审计 plan, duplicates, records, history {storing:.1f} s；"
                "COPY 只把同样的行写入同样的表与索引 writes the same rows into the same shape and indexes")]


def located(place: Place) -> list[Row]:
    """Points to districts: the same answer from both."""
    table = place.made.layers[LAYER]
    lon, lat = (np.array([np.nan if v is None else v for v in table[name]]) for name in ("lon", "lat"))
    with place.database() as db:
        gazetteer = desk(db).gazetteer
    codes = [d.code for d in gazetteer.districts]
    shapes = geopandas.GeoDataFrame({"code": codes}, geometry=[d.shape for d in gazetteer.districts], crs=4326)
    seconds, mine = best(lambda: gazetteer.locate(lon, lat), 3)

    def joined() -> geopandas.GeoDataFrame:
        points = geopandas.GeoDataFrame({"row": np.arange(len(lon))}, geometry=geopandas.points_from_xy(lon, lat), crs=4326)
        return points.sjoin(shapes, how="left", predicate="within")  # prepares the polygons; "intersects" does not: 20 times slower

    theirs_s, found = best(joined, 3)
    theirs = found.sort_values(["row", "code"]).drop_duplicates("row").code
    differ = sum(a != (b if isinstance(b, str) else None) for a, b in zip(mine, theirs, strict=True))
    if differ:
        raise AssertionError(f"{differ} points lie elsewhere")
    return [Row(f"点落区 points to districts, {len(lon):,}", seconds, theirs_s, "s", "geopandas.sjoin", "结果逐点相同 the same for every point")]
