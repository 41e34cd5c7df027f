"""The demo city goes in through registration, and what hangs on its records goes with it."""

import dataclasses
import datetime as dt

import pytest

from riskmap import catalogue
from riskmap.core.actor import OPERATOR
from riskmap.core.demo import city as core_city
from riskmap.core.grading.method import Method
from riskmap.flows import demo
from riskmap.flows.register import Desk
from riskmap.settings import settings
from riskmap.store import places

NOW = dt.datetime(2026, 11, 24, 2, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 24)


def only(table, keep):
    """The rows of a table at these positions."""
    return {name: [column[i] for i in keep] for name, column in table.items()}


def where(table, column, wanted):
    return [i for i, value in enumerate(table[column]) if value in wanted]


@pytest.fixture(scope="module")
def whole(template, cluster):
    """The city at full size, from a database's own districts and towns."""
    from riskmap.store.database import Database
    from tests.conftest import dsns_of

    dsns = dsns_of(cluster, template)
    with Database(dsns.app, dsns.engine, pool_size=1) as db, db.as_user(OPERATOR) as conn:
        return demo.make(conn, settings().data_dir, TODAY)


@pytest.fixture
def desk(db):
    with db.as_user(OPERATOR) as conn:
        return Desk(catalogue.load(settings().layers_dir, settings().data_dir / "codes"), places.gazetteer(conn))


@pytest.fixture
def small(whole):
    """A few hundred records of it that still hang together."""
    layers = dict(whole.layers)
    hazards = only(layers["major_hazard"], range(12))
    firms = where(layers["enterprise"], "code", set(hazards["parent_code"])) + list(range(20))
    layers["enterprise"] = only(layers["enterprise"], sorted(set(firms)))
    layers["major_hazard"] = hazards
    parents = set(layers["enterprise"]["code"]) | set(hazards["code"])
    layers["risk_source"] = only(layers["risk_source"], where(layers["risk_source"], "parent_code", parents)[:600])
    for name in ("shelter", "depot", "rescue_team", "protected_site"):
        layers[name] = only(layers[name], range(0, len(layers[name]["code"]), 40))
    dangers = only(whole.dangers, where(whole.dangers, "feature_code", set(layers["risk_source"]["code"])))
    return dataclasses.replace(
        whole, layers=layers, dangers=dangers,
        holdings=only(whole.holdings, where(whole.holdings, "feature_code", set(hazards["code"]))),
        events=only(whole.events, where(whole.events, "danger_code", set(dangers["code"]))),
        stock=only(whole.stock, where(whole.stock, "feature_code", set(layers["depot"]["code"]))),
        cell=whole.cell[:500], cell_district=whole.cell_district[:500], residents_milli=whole.residents_milli[:500],
    )


def test_a_city_is_the_same_each_time(whole, template, cluster):
    assert len(whole.layers["risk_source"]["code"]) == 248_415
    assert whole.land.residents.sum() == 21_893_095_000
    assert core_city.SEED == demo.SEED


def test_everything_is_registered_and_marked(db, desk, small):
    stored = demo.load(db, desk, small, OPERATOR, NOW)
    for name, table in small.layers.items():
        assert stored[name] == len(table["code"]), name
    assert stored["holding"] == len(small.holdings["chemical"]) >= 12
    assert stored["hidden_danger"] == len(small.dangers["code"]) > 0
    assert stored["hidden_danger_event"] == len(small.events["state"])
    assert stored["stock"] == len(small.stock["quantity"]) > 0
    assert stored["population_cell"] == 500
    with db.as_user(OPERATOR) as conn:
        unmarked = conn.execute("SELECT layer, count(*) AS n FROM feature WHERE NOT demo GROUP BY layer").fetchall()
        assert unmarked == []
        versions = conn.execute("SELECT count(*) AS n FROM feature_version").fetchone()["n"]
        assert versions == sum(len(t["code"]) for t in small.layers.values())
        held = conn.execute("SELECT sum(quantity) AS n FROM stock_now WHERE demo").fetchone()["n"]
        assert held == sum(small.stock["quantity"])
        last = dict(zip(small.events["danger_code"], small.events["state"], strict=True))
        now = conn.execute("SELECT code, state FROM hidden_danger_now WHERE demo").fetchall()
        assert {r["code"]: r["state"] for r in now} == last


def test_district_and_level_are_those_meant(db, desk, small):
    demo.load(db, desk, small, OPERATOR, NOW)
    with db.as_user(OPERATOR) as conn:
        records = conn.execute(
            "SELECT layer, code, district_code, level, effective_level, status, missing FROM feature").fetchall()
    assert all(r["district_code"] == r["code"].split("-")[1] for r in records)
    hazards = {r["code"]: r for r in records if r["layer"] == "major_hazard"}
    table = small.layers["major_hazard"]
    stands_for = {"一级": 1, "二级": 1, "三级": 2, "四级": 3}
    meant = {c: stands_for[g] for c, g in zip(table["code"], table["hazard_grade"], strict=True)}
    assert {c: r["level"] for c, r in hazards.items()} == meant
    sources = {r["code"]: r for r in records if r["layer"] == "risk_source"}
    table = small.layers["risk_source"]
    for code, likely, severe, parent in zip(*(table[k] for k in ("code", "likelihood", "severity", "parent_code")), strict=True):
        value = likely * severe
        level = 1 if value >= 20 else 2 if value >= 15 else 3 if value >= 9 else 4
        assert sources[code]["level"] == level
        if parent.startswith("MH"):       # counted once, at the worse level
            assert sources[code]["effective_level"] == min(level, hazards[parent]["level"])
    waiting = {r["layer"] for r in records if r["status"] == "incomplete"}
    assert waiting <= {"shelter"} and all(r["missing"] == ["capacity"] for r in records if r["status"] == "incomplete")


def test_history_is_marked_and_given_once(db):
    with db.as_engine() as conn:
        run = conn.execute(
            "INSERT INTO grading_run (kind, method_id, as_of, datasets, sources, cells, engine_ms, digest, started_at) "
            "SELECT 'full', id, '2026-11-24', '{}', 0, 0, 0, '', now() FROM method RETURNING id").fetchone()["id"]
        conn.execute("INSERT INTO district_grade (district_code, d_micro, t_micro, computed, shown, run_id) "
                     "VALUES ('110102', 23000000, 60000, 1, 1, %s), ('110119', 900000, 0, 4, 4, %s)", (run, run))
    assert demo.remember(db, Method(), NOW, TODAY) == 208
    assert demo.remember(db, Method(), NOW, TODAY) == 0
    with db.as_user(OPERATOR) as conn:
        assert conn.execute("SELECT bool_and(demo) AS all_marked, max(closed_on) AS last FROM closing").fetchone() == {
            "all_marked": True, "last": TODAY - dt.timedelta(days=7)}


def test_a_slow_disk_does_not_stop_the_load(db, dsns, desk, small):
    """Every statement of the load may outlast a request: here one of each table takes longer than both limits."""
    from riskmap.store.database import Database
    from riskmap.store.migrate import connect

    with connect(dsns.superuser) as conn:
        name = conn.execute("SELECT current_database() AS n").fetchone()["n"]
        for role in ("riskmap_app", "riskmap_engine"):
            for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
                conn.execute(f"ALTER ROLE {role} IN DATABASE {name} SET {limit} = '900ms'")
        conn.execute("CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); RETURN NULL; END $$")
        for table in ("holding", "hidden_danger", "stock_batch", "population_cell"):
            conn.execute(f"CREATE TRIGGER zz_slow AFTER INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION slow()")
    with Database(dsns.app, dsns.engine, pool_size=2) as slow:
        assert demo.load(slow, desk, small, OPERATOR, NOW)["population_cell"] == 500
