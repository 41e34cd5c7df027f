"""Grades as stored: full, followed, closed and replayed, through real registration and as the engine's own role."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator

import numpy as np
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from riskmap.catalogue import Catalogue, load
from riskmap.core import cell as h3cell
from riskmap.core.actor import OFFICER
from riskmap.core.coordinates import LonLat
from riskmap.core.feature import check
from riskmap.core.grading.inputs import Inputs
from riskmap.errors import Forbidden
from riskmap.flows import closing, grade, movement, register
from riskmap.flows.grader import Grader
from riskmap.flows.register import Desk, Source
from riskmap.flows.survey import standing
from riskmap.settings import settings
from riskmap.store import grades, journal, places
from riskmap.store.database import Database
from tests.conftest import create_database, dsns_of

NOW = dt.datetime(2026, 11, 24, 2, tzinfo=dt.UTC)      # 10:00 in Beijing
TODAY = dt.date(2026, 11, 24)
DAY = dt.timedelta(days=1)
TIANANMEN = LonLat(116.3975, 39.9087)                  # 东城区 110101
ZHONGGUANCUN = LonLat(116.3164, 39.9836)               # 海淀区 110108


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load(settings().layers_dir, settings().data_dir / "codes")


@pytest.fixture(scope="module")
def surveyed(cluster, template, catalogue) -> Iterator[str]:
    """A database of which the ground is made once: cutting 217,000 cells takes seconds."""
    name = "riskmap_surveyed"
    create_database(cluster, name, template)
    where = dsns_of(cluster, name)
    with Database(where.app, where.engine, pool_size=1) as db, db.as_engine() as conn:
        standing(conn, NOW)
    yield name
    with psycopg.connect(make_conninfo(cluster.dsns().superuser, dbname="postgres"), autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def db(cluster, surveyed: str, catalogue: Catalogue) -> Iterator[Database]:
    name = "riskmap_grade_test"
    create_database(cluster, name, surveyed)
    where = dsns_of(cluster, name)
    with Database(where.app, where.engine, pool_size=4, staff_layers=catalogue.staff_layers()) as made:
        yield made
    with psycopg.connect(make_conninfo(cluster.dsns().superuser, dbname="postgres"), autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def desk(db: Database, catalogue: Catalogue) -> Desk:
    with db.as_user(OFFICER) as conn:
        return Desk(catalogue, places.gazetteer(conn))


def put(db: Database, desk: Desk, layer: str, records: list[dict], now: dt.datetime = NOW) -> list[int]:
    """Register records through the front door; their ids in order."""
    columns = {key: [r.get(key) for r in records] for key in dict.fromkeys(k for r in records for k in r)}
    checked = check(desk.catalogue.layer(layer), desk.catalogue.codes, columns, gazetteer=desk.gazetteer)
    assert not checked.refused.any(), checked.findings
    with db.as_user(OFFICER, write=True) as conn:
        made = register.plan(conn, desk, checked, Source(file_name="test"), OFFICER)
        register.commit(conn, desk, made["id"], made["plan_hash"], OFFICER, now, accept_duplicates=True)
        return [r["id"] for r in conn.execute("SELECT id FROM feature WHERE batch_id = %s ORDER BY id", [made["id"]])]


def source(at: LonLat, likelihood: int = 5, severity: int = 5, **more: object) -> dict:
    return {"name": f"源 {at.lon:.4f}", "lon": at.lon, "lat": at.lat, "kind": KIND, "accident_type": "火灾",
            "likelihood": likelihood, "severity": severity, "verified_on": "2026-11-01"} | more


KIND = None


@pytest.fixture(autouse=True)
def _kind(catalogue: Catalogue) -> None:
    global KIND
    KIND = catalogue.options(catalogue.layer("risk_source").fields()["kind"])[0].zh


def find(db: Database, feature: int, state: str = "listed", deadline: dt.date = TODAY + DAY, grade_: str = "major",
         now: dt.datetime = NOW) -> int:
    """A hidden danger of a record, announced as a ledger change is."""
    with db.as_user(OFFICER, write=True) as conn:
        row = conn.execute(
            "INSERT INTO hidden_danger (feature_id, steward_org, code, title, grade, found_on, actor, recorded_at) "
            "SELECT id, steward_org, 'YH' || (SELECT count(*) FROM hidden_danger), '试', %s, %s, 'officer', %s "
            "FROM feature WHERE id = %s RETURNING id, steward_org",
            [grade_, TODAY, now, feature]).fetchone()
        _event(conn, row["id"], row["steward_org"], state, deadline, now, feature)
        return row["id"]


def move(db: Database, danger: int, state: str, now: dt.datetime) -> None:
    with db.as_user(OFFICER, write=True) as conn:
        row = conn.execute("SELECT steward_org, feature_id FROM hidden_danger WHERE id = %s", [danger]).fetchone()
        _event(conn, danger, row["steward_org"], state, None, now, row["feature_id"])


def _event(conn, danger: int, org: int, state: str, deadline, now: dt.datetime, feature: int) -> None:
    conn.execute("INSERT INTO hidden_danger_event (danger_id, steward_org, state, deadline_on, happened_on, actor, recorded_at) "
                 "VALUES (%s, %s, %s, %s, %s, 'officer', %s)", [danger, org, state, deadline, TODAY, now])
    journal.event(conn, "ledger.changed", None, org, {"ids": [feature]})


def stored(db: Database) -> tuple[list, list]:
    """Every cell and district in the store, without the run that wrote it."""
    with db.as_engine(write=False) as conn:
        cells = conn.execute("SELECT cell, hazard_micro, residents_milli, exposure_milli, coping_micro, risk_micro, level, "
                             "sources FROM cell_grade ORDER BY cell")
        districts = conn.execute("SELECT district_code, d_micro, t_micro, computed, shown, confidence, detail "
                                 "FROM district_grade ORDER BY district_code")
        return cells.fetchall(), districts.fetchall()


def test_a_city_with_one_source(db: Database, desk: Desk, catalogue: Catalogue) -> None:
    put(db, desk, "risk_source", [source(TIANANMEN)])
    graded = grade.full(db, catalogue, NOW)
    cells, districts = stored(db)
    home = h3cell.cell_of(TIANANMEN)
    here = next(c for c in cells if c["cell"] == home)
    assert here["hazard_micro"] == 1000 * 1_000_000 and here["sources"] == 1
    assert here["level"] <= 2                           # one lone Ⅰ: at least Ⅱ
    assert 7 <= len(cells) <= 19                        # 100 + 330 m reach the ring, not the city
    by = {d["district_code"]: d for d in districts}
    assert len(by) == 16 and by["110101"]["computed"] is not None
    assert all(d["computed"] is None and d["shown"] is None for code, d in by.items() if code != "110101")
    assert by["110101"]["detail"]["caps"] == ["area_residents", "unknown_coping"]
    assert graded.engine.ground.district_residents[0] == 708_829_000
    with db.as_engine(write=False) as conn:
        run = grades.last_run(conn)
        assert run["digest"] == graded.engine.digest() and run["cells"] == len(cells) and run["sources"] == 1
    before = stored(db)
    again = grade.full(db, catalogue, NOW)              # a second start writes nothing
    assert again.run_id == graded.run_id and stored(db) == before


def test_following_gives_what_a_full_run_gives(db: Database, desk: Desk, catalogue: Catalogue) -> None:
    rng = np.random.default_rng(5)
    spread = [LonLat(TIANANMEN.lon + x, TIANANMEN.lat + y) for x, y in rng.uniform(-0.02, 0.02, (12, 2))]
    ids = put(db, desk, "risk_source", [source(p, int(i) % 5 + 1) for i, p in enumerate(spread)])
    graded = grade.full(db, catalogue, NOW)
    danger = find(db, ids[0])
    put(db, desk, "shelter", [{"name": "操场", "lon": TIANANMEN.lon, "lat": TIANANMEN.lat, "capacity": 900,
                               "shelter_level": shelter_level(catalogue)}])
    new = put(db, desk, "risk_source", [source(ZHONGGUANCUN)])
    with db.as_user(OFFICER, write=True) as conn:
        register.retire(conn, catalogue.layer("risk_source"), ids[3], 1, OFFICER, NOW)
    for change in (None, lambda: move(db, danger, "closed", NOW)):
        if change:
            change()
        followed = grade.follow(db, catalogue, graded, NOW)
        assert followed is graded and not len(graded.unsaved)
        now = stored(db)
        fresh = grade.full(db, catalogue, NOW)
        assert fresh.engine.digest() == graded.engine.digest() and stored(db) == now
        assert fresh.run_id == graded.run_id            # full found nothing left to write
    assert graded.state("110108")["computed"] is not None and new
    runs = graded.run_id
    assert grade.follow(db, catalogue, graded, NOW).run_id == runs


def test_a_what_if_under_way_is_never_stored(
    db: Database, desk: Desk, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody tries what the city would be without its sources while a change is graded: what is stored and shown is the city."""
    ids = put(db, desk, "risk_source", [source(TIANANMEN), source(ZHONGGUANCUN)])
    graded = grade.full(db, catalogue, NOW)
    engine, begun, revisions = graded.engine, threading.Event(), list[int]()

    def tries() -> None:
        with engine.lock:
            old = engine.rows["sources"].all()
            engine.tried(old.id, Inputs())
            revisions.append(engine.revision)
            begun.set()
            time.sleep(1)
            engine.tried(old.id, Inputs(sources=old))

    thread, real = threading.Thread(target=tries), grade.states_of

    def meddled(*args: object, **named: object) -> list:
        thread.start()
        begun.wait(0.5)
        return real(*args, **named)

    monkeypatch.setattr(grade, "states_of", meddled)
    move(db, find(db, ids[0]), "closed", NOW)
    assert grade.follow(db, catalogue, graded, NOW) is graded
    begun.wait(5)
    seen = [d.grade for d in engine.districts()]      # a reader waits for the trial's end
    thread.join()
    monkeypatch.undo()
    assert revisions == [engine.revision]             # a picture taken meanwhile is not taken for the next change's
    assert seen == [d.grade for d in engine.districts()] and any(seen)
    now = stored(db)
    fresh = grade.full(db, catalogue, NOW)
    assert stored(db) == now and fresh.engine.digest() == engine.digest()


def shelter_level(catalogue: Catalogue) -> str:
    return catalogue.options(catalogue.layer("shelter").fields()["shelter_level"])[0].zh


def test_an_undone_batch_is_followed(db: Database, desk: Desk, catalogue: Catalogue) -> None:
    put(db, desk, "risk_source", [source(TIANANMEN, 3, 3)])
    graded = grade.full(db, catalogue, NOW)
    before = stored(db)
    put(db, desk, "risk_source", [source(ZHONGGUANCUN)])
    grade.follow(db, catalogue, graded, NOW)
    assert stored(db) != before
    with db.as_user(OFFICER, write=True) as conn:
        batch = conn.execute("SELECT max(id) AS id FROM import_batch").fetchone()["id"]
        register.undo(conn, desk, batch, OFFICER, NOW)
    grade.follow(db, catalogue, graded, NOW)
    assert stored(db) == before


def test_an_event_that_commits_late_is_not_missed(db: Database, desk: Desk, catalogue: Catalogue) -> None:
    ids = put(db, desk, "risk_source", [source(TIANANMEN)])
    graded = grade.full(db, catalogue, NOW)
    with db.as_user(OFFICER, write=True) as slow:       # takes its event id first, commits last
        org = slow.execute("SELECT steward_org AS o FROM feature WHERE id = %s", ids).fetchone()["o"]
        row = slow.execute("INSERT INTO hidden_danger (feature_id, steward_org, code, title, grade, found_on, actor) "
                           "VALUES (%s, %s, 'L1', '试', 'major', %s, 'o') RETURNING id", [ids[0], org, TODAY]).fetchone()
        _event(slow, row["id"], org, "listed", TODAY + DAY, NOW, ids[0])
        put(db, desk, "risk_source", [source(ZHONGGUANCUN)])
        grade.follow(db, catalogue, graded, NOW)
    grade.follow(db, catalogue, graded, NOW)
    at = graded.engine.ground.at(np.array([h3cell.cell_of(TIANANMEN)]))
    assert graded.engine.cells.hazard[at[0]] == 1_500_000_000


def test_a_closing_is_written_once_and_a_replay_reproduces_it(db: Database, desk: Desk, catalogue: Catalogue) -> None:
    ids = put(db, desk, "risk_source", [source(TIANANMEN), source(ZHONGGUANCUN, 3, 4)])
    danger = find(db, ids[1], deadline=TODAY, grade_="general")
    grade.full(db, catalogue, NOW)
    assert closing.due(db, NOW, dt.time(0, 5)) == []
    night = dt.datetime(2026, 11, 24, 16, 6, tzinfo=dt.UTC)             # 00:06 on the 25th in Beijing
    assert closing.catch_up(db, catalogue, night - dt.timedelta(minutes=2), dt.time(0, 5)) == []
    put(db, desk, "risk_source", [source(LonLat(116.42, 39.92), 4, 5)], now=night)   # recorded after midnight: not of that day
    assert closing.catch_up(db, catalogue, night, dt.time(0, 5)) == [TODAY]
    assert closing.catch_up(db, catalogue, night, dt.time(0, 5)) == []
    move(db, danger, "closed", night + DAY)
    with db.as_user(OFFICER, write=True) as conn:
        register.retire(conn, catalogue.layer("risk_source"), ids[0], 1, OFFICER, night + DAY)
    assert closing.catch_up(db, catalogue, night + 2 * DAY, dt.time(0, 5)) == [TODAY + DAY, TODAY + 2 * DAY]
    again = closing.close(db, catalogue, TODAY, night + 2 * DAY)       # a second closing of a day leaves the first
    for day in (TODAY, TODAY + DAY, TODAY + 2 * DAY):
        replayed = grade.replay(db, catalogue, day, night + 3 * DAY)
        with db.as_engine(write=False) as conn:
            kept = {r["district_code"]: r for r in conn.execute("SELECT * FROM closing WHERE closed_on = %s", [day])}
            digest = conn.execute("SELECT digest FROM grading_run WHERE kind = 'closing' AND as_of = %s ORDER BY id LIMIT 1",
                                  [day]).fetchone()["digest"]
        assert replayed.engine.digest() == digest and len(kept) == 16
        for state in replayed.states:
            row = kept[state["code"]]
            changes = row["detail"].pop("changes", None)              # what moved D since the closing before: told, not replayed
            assert (changes is None) == (day == TODAY)
            if changes:
                assert abs(sum(v for k, v in changes.items() if k != "total") - changes["total"]) < 1e-6
            assert {k: row[k] for k in (*grade.STORED, "predecessor")} == {k: state[k] for k in (*grade.STORED, "predecessor")}
    assert again.engine.digest() == grade.replay(db, catalogue, TODAY, night).engine.digest()
    with db.as_engine(write=False) as conn:
        cause = conn.execute("SELECT detail -> 'changes' AS c FROM closing WHERE district_code = '110101' AND closed_on = %s",
                             [TODAY + DAY]).fetchone()["c"]
        assert cause["new"] > 0 and cause["total"] == pytest.approx(cause["new"]) and cause["method"] == 0
        dong = conn.execute("SELECT predecessor, detail FROM closing WHERE district_code = '110101' "
                            "ORDER BY closed_on").fetchall()
    assert [d["detail"]["sources"] for d in dong] == [1, 2, 1]
    assert [d["predecessor"] for d in dong] == [None, TODAY, TODAY + DAY]


def test_midnight_alone_makes_a_deadline_overdue(db: Database, desk: Desk, catalogue: Catalogue) -> None:
    ids = put(db, desk, "risk_source", [source(TIANANMEN)])
    find(db, ids[0], deadline=TODAY)
    graded = grade.full(db, catalogue, NOW)
    assert graded.state("110101")["detail"]["rules"] == []
    assert grade.follow(db, catalogue, graded, NOW + DAY) is None      # another day: a full run is due
    later = grade.full(db, catalogue, NOW + DAY, graded)
    state = later.state("110101")
    assert [r["rule"] for r in state["detail"]["rules"]] == ["overdue_major_at_worst", "overdue_share"]
    assert state["shown"] == max(1, state["computed"] - 1) and state["detail"]["worse"]


def test_an_override_shows_and_ends(db: Database, desk: Desk, catalogue: Catalogue) -> None:
    put(db, desk, "risk_source", [source(TIANANMEN, 1, 1)])
    graded = grade.full(db, catalogue, NOW)
    with db.as_user(OFFICER, write=True) as conn:
        conn.execute("INSERT INTO grade_override (district_code, shown, reason, expires_on, actor, recorded_at) "
                     "VALUES ('110101', 1, '重大活动期间从严', %s, 'officer', %s)", [TODAY, NOW])
        journal.event(conn, "override.changed", None, None, {"district": "110101"})
    grade.follow(db, catalogue, graded, NOW)
    state = graded.state("110101")
    assert state["shown"] == 1 and state["computed"] == 4 and state["detail"]["override"]["reason"] == "重大活动期间从严"
    assert grade.full(db, catalogue, NOW + DAY, graded).state("110101")["shown"] != 1


def test_only_the_engine_writes_grades(db: Database, desk: Desk, catalogue: Catalogue) -> None:
    grade.full(db, catalogue, NOW)
    for statement in ("INSERT INTO district_grade (district_code, run_id) VALUES ('110101', 1)",
                      "UPDATE cell_grade SET level = 4", "DELETE FROM district_grade"):
        with pytest.raises(Forbidden), db.as_user(OFFICER, write=True) as conn:
            conn.execute(statement)


def test_the_grader_follows_what_is_announced(db: Database, desk: Desk, catalogue: Catalogue) -> None:
    ids = put(db, desk, "risk_source", [source(TIANANMEN)])
    grader = Grader(db, settings(), catalogue, clock=lambda: NOW)
    grader.start()
    try:
        grader.wait()
        find(db, ids[0])
        at = int(grader.graded.engine.ground.at(np.array([h3cell.cell_of(TIANANMEN)]))[0])
        graded = grader.wait(lambda g: g.engine.cells.hazard[at] == 1_500_000_000, timeout_s=20)
        with db.as_engine(write=False) as conn:
            assert grades.last_run(conn)["digest"] == graded.engine.digest()
            told = conn.execute("SELECT payload FROM event WHERE kind = 'grades.changed' ORDER BY id").fetchall()
        assert len(told) == 2 and told[1]["payload"]["districts"] == ["110101"]
    finally:
        grader.stop()


def test_two_graders_write_each_change_once(db: Database, desk: Desk, catalogue: Catalogue) -> None:
    ids = put(db, desk, "risk_source", [source(TIANANMEN)])
    two = [Grader(db, settings(), catalogue, clock=lambda: NOW) for _ in range(2)]
    for grader in two:
        grader.step()
    find(db, ids[0])
    for grader in two:
        grader.step()
    assert two[0].graded.engine.digest() == two[1].graded.engine.digest()
    with db.as_engine(write=False) as conn:
        runs = conn.execute("SELECT kind, digest FROM grading_run ORDER BY id").fetchall()
    assert [r["kind"] for r in runs] == ["full", "incremental"] and runs[1]["digest"] == two[1].graded.engine.digest()


def test_the_grader_closes_the_day(db: Database, desk: Desk, catalogue: Catalogue) -> None:
    put(db, desk, "risk_source", [source(TIANANMEN)])
    clock = [NOW]
    grader = Grader(db, settings(), catalogue, clock=lambda: clock[0])

    def closed() -> int:
        with db.as_engine(write=False) as conn:
            return conn.execute("SELECT count(*) AS n FROM closing").fetchone()["n"]

    grader.step()
    assert closed() == 0 and not grader._midnight()
    clock[0] = dt.datetime(2026, 11, 24, 16, 1, tzinfo=dt.UTC)         # 00:01: another day, not yet the hour of closing
    assert grader._midnight()
    grader.step()
    assert grader.graded.as_of == TODAY + DAY and closed() == 0
    clock[0] = dt.datetime(2026, 11, 24, 16, 5, tzinfo=dt.UTC)
    assert grader._midnight()
    grader.step()
    assert closed() == 16 and grader.graded.as_of == TODAY + DAY and not grader._midnight()
    late = Grader(db, settings(), catalogue, clock=lambda: clock[0] + 2 * DAY)     # was down: made up for at start
    late.step()
    assert closed() == 48


def test_what_moved_since_the_last_closing(db: Database, desk: Desk, catalogue: Catalogue) -> None:
    here = [source(LonLat(116.39 + i / 500, 39.91), 5, 4 + i % 2) for i in range(3)]
    ids, next_day = put(db, desk, "risk_source", here), NOW + DAY
    grade.full(db, catalogue, NOW)
    closing.close(db, catalogue, TODAY, NOW + DAY)
    new = put(db, desk, "risk_source", [source(LonLat(116.4, 39.915))], now=next_day)
    with db.as_user(OFFICER, write=True) as conn:
        register.retire(conn, catalogue.layer("risk_source"), ids[0], 1, OFFICER, next_day)
    graded, past = grade.full(db, catalogue, next_day), grade.replay(db, catalogue, TODAY, next_day)
    with db.as_user(OFFICER) as conn:
        assert movement.last_closing(conn, graded, "110101") == TODAY
        told, none = movement.since(conn, graded, past, "110101"), movement.since(conn, graded, None, "110101")
    d, was = (g.state("110101")["d_micro"] / 1e6 for g in (graded, past))
    assert told["d"] == pytest.approx(d, abs=2e-6) and told["d_before"] == pytest.approx(was, abs=2e-6)
    moved = {c["id"]: c for c in told["contributors"]}
    assert sum(c["delta"] for c in moved.values()) + told["rest"]["delta"] == pytest.approx(told["delta_d"], abs=1e-9)
    assert moved[new[0]]["kind"] == "new" and moved[ids[0]]["kind"] == "gone" and moved[ids[0]]["delta"] < 0 < moved[new[0]]["delta"]
    assert none["delta_d"] is None and none["contributors"] == []
