"""The demo city, put in through the same registration as everything else, then its ledgers, its people, and its marked history.

    city = make(conn, data_dir, today)          about 10 s
    load(db, desk, city, actor, now)            every layer a batch of its own: checked, planned, committed
    …  the engine grades …
    remember(db, method, now)                   two years of marked closings that lead up to today
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import shapely

from riskmap.core import chemical
from riskmap.core.actor import Actor
from riskmap.core.demo import history
from riskmap.core.demo.city import SEED, City, build
from riskmap.core.demo.land import District, Town
from riskmap.core.feature import check
from riskmap.core.fragments import fragments
from riskmap.core.grading.method import Method
from riskmap.flows.register import Desk, Source, commit, plan
from riskmap.store import ledgers, places
from riskmap.store.database import Database
from riskmap.store.patience import be_patient
from riskmap.store.query import Conn

FILE_NAME = "演示数据 demo city"
POPULATION = "演示人口网格 synthetic population grid"
POPULATION_SOURCE = "按 2020 年第七次人口普查分区人数合成 (synthetic, sums to the census of each district)"
PATIENCE_S = 600                      # for one statement over 248,415 rows on a slow disk
CENSUS_ON = dt.date(2020, 11, 1)

Say = Callable[[str], None]


def make(conn: Conn, data_dir: Path, today: dt.date, seed: int = SEED) -> City:
    """The city from the districts and towns in force and the files of `data_dir`. Deterministic."""
    listed = places.districts(conn)
    districts = [District(d["code"], d["name"], d["population"], shapely.from_wkb(bytes(d["shape"]))) for d in listed]
    official = {row["code"] for row in _codes(data_dir, "town") if row["official"] == "yes"}
    towns = [Town(t["code"], t["name"], t["district_code"], t["kind"]) for t in places.towns(conn) if t["code"] in official]
    standard = ("gb18218_table1", "gb18218_table2", "beta", "alpha", "hazard_grade")
    tables = chemical.Tables(*(_codes(data_dir, name) for name in standard))
    parts = fragments([(d.code, d.shape) for d in districts])
    return build(districts, towns, _water(data_dir), parts, tables, today, seed)


def load(db: Database, desk: Desk, city: City, actor: Actor, now: dt.datetime, say: Say = lambda _: None) -> dict[str, int]:
    """Register every layer of the city, then its ledgers and its population. Returns layer or ledger → records stored."""
    stored: dict[str, int] = {}
    for name in city.layers:
        stored[name] = _register(db, desk, name, city.layers[name], actor, now)
        say(f"{name}: {stored[name]}")
    hazards, sources, depots = (desk.catalogue.with_role(role)[0] for role in ("major_hazard", "source", "depot"))
    with db.as_user(actor, write=True) as conn:
        be_patient(conn, PATIENCE_S)
        stored["holding"] = ledgers.bring_holdings(conn, hazards, city.holdings, actor.id, now)
        stored["hidden_danger"] = ledgers.bring_dangers(conn, sources, city.dangers, actor.id, now, demo=True)
        stored["hidden_danger_event"] = ledgers.bring_danger_events(conn, city.events, actor.id, now)
        stored["stock"] = ledgers.bring_stock(conn, depots, city.stock, actor.id, now, demo=True)
    grid = {"cell": city.cell.tolist(), "district_code": city.cell_district, "residents_milli": city.residents_milli.tolist()}
    with db.as_engine() as conn:
        be_patient(conn, PATIENCE_S)
        stored["population_cell"] = ledgers.bring_population(conn, grid, POPULATION, POPULATION_SOURCE, CENSUS_ON, now, demo=True)
    say(", ".join(f"{name}: {n}" for name, n in stored.items() if name not in city.layers))
    return stored


def remember(db: Database, method: Method, now: dt.datetime, today: dt.date, seed: int = SEED) -> int:
    """Marked history up to the grades the engine has computed; returns closings stored. Call it once, after the first grading."""
    with db.as_engine() as conn:
        standings = [history.Standing(s["district_code"], s["d_micro"], s["t_micro"]) for s in ledgers.standings(conn)]
        drawn = history.closings(standings, today, seed, method.d_borders, method.t_borders)
        return ledgers.bring_closings(conn, drawn, now) if drawn else 0


def _register(db: Database, desk: Desk, name: str, table: dict[str, list[Any]], actor: Actor, now: dt.datetime) -> int:
    """One layer, one batch. The demo is clean by construction: a refused row is a fault of ours and stops the load."""
    checked = check(desk.catalogue.layer(name), desk.catalogue.codes, table, gazetteer=desk.gazetteer)
    if checked.refused.any():
        raise AssertionError(f"demo {name}: {checked.findings[:3]}")
    with db.as_user(actor, write=True) as conn:
        be_patient(conn, PATIENCE_S)
        made = plan(conn, desk, checked, Source(file_name=FILE_NAME, demo=True), actor)
        done = commit(conn, desk, made["id"], made["plan_hash"], actor, now, accept_duplicates=True)
    return int(done["counts"]["created"])


def _codes(data_dir: Path, name: str) -> list[dict[str, str]]:
    with (data_dir / "codes" / f"{name}.tsv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def _water(data_dir: Path) -> shapely.Geometry:
    features = json.loads((data_dir / "water.geojson").read_text("utf-8"))["features"]
    return shapely.multipolygons([shapely.from_geojson(json.dumps(f["geometry"])) for f in features])
