"""Migrations: from nothing in one go, twice = once, edited ones refused; reference data; the two login roles."""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg
import pytest

from riskmap.core.actor import Actor
from riskmap.errors import Conflict, SetupError, Unavailable
from riskmap.settings import settings
from riskmap.store.cluster import Cluster, Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect, found, lacking, migrate
from riskmap.store.reference import load_reference
from tests.conftest import create_database, dsns_of

STAFF = Actor(id="staff", name="区级填报员", role="staff", org=2, scope="org", orgs=(2,))


@pytest.fixture
def empty(cluster: Cluster, request: pytest.FixtureRequest) -> Dsns:
    name = f"riskmap_empty_{abs(hash(request.node.name)) % 10**9}"
    create_database(cluster, name, "template0")
    return dsns_of(cluster, name)


def test_from_nothing_and_twice_is_once(empty: Dsns) -> None:
    with connect(empty.superuser) as conn:
        names = migrate(conn, settings().migrations_dir)
        assert names == [m.name for m in found(settings().migrations_dir)] and names
        before = conn.execute("SELECT * FROM schema_migration ORDER BY number").fetchall()
        assert migrate(conn, settings().migrations_dir) == []
        assert conn.execute("SELECT * FROM schema_migration ORDER BY number").fetchall() == before
        owners = conn.execute(
            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'spatial_ref_sys'"
        ).fetchall()
        assert [o["tableowner"] for o in owners] == ["riskmap_owner"]


def test_edited_migration_is_refused_and_a_failed_one_leaves_nothing(empty: Dsns, tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(settings().migrations_dir, folder)
    with connect(empty.superuser) as conn:
        migrate(conn, folder)
        last = found(folder)[-1].number
        (folder / f"{last + 1:04d}_bad.sql").write_text("CREATE TABLE half (id int); SELECT no_such_function();")
        with pytest.raises(SetupError, match="_bad"):
            migrate(conn, folder)
        assert conn.execute("SELECT to_regclass('half') AS t").fetchone() == {"t": None}
        (folder / f"{last + 1:04d}_bad.sql").unlink()
        first = sorted(folder.glob("0001_*.sql"))[0]
        first.write_text(first.read_text() + "\n-- edited\n")
        with pytest.raises(SetupError, match="edited"):
            migrate(conn, folder)


def test_a_gap_in_numbers_is_refused(tmp_path: Path) -> None:
    (tmp_path / "0001_a.sql").write_text("SELECT 1")
    (tmp_path / "0003_c.sql").write_text("SELECT 1")
    with pytest.raises(SetupError):
        found(tmp_path)


def test_without_superuser_the_missing_step_is_named(empty: Dsns) -> None:
    with connect(empty.superuser) as conn:
        conn.execute("CREATE ROLE plain_owner LOGIN") if not conn.execute(
            "SELECT 1 FROM pg_roles WHERE rolname = 'plain_owner'"
        ).fetchone() else None
        conn.execute("SET ROLE plain_owner")
        assert "extension postgis" in lacking(conn)
        with pytest.raises(SetupError, match="bootstrap|superuser"):
            migrate(conn, settings().migrations_dir)


def test_bootstrap_lacks_nothing_afterwards(dsns: Dsns) -> None:
    with connect(dsns.superuser) as conn:
        assert lacking(conn) == []


def test_reference_counts_and_loading_again_changes_nothing(dsns: Dsns) -> None:
    with connect(dsns.superuser) as conn:

        def state() -> list[dict[str, object]]:
            return conn.execute("""
              SELECT (SELECT md5(string_agg(t::text, '' ORDER BY code)) FROM district t) d, (SELECT count(*) FROM town) t,
                     (SELECT md5(string_agg(o::text, '' ORDER BY id)) FROM org o) o, (SELECT count(*) FROM method) m""").fetchall()

        before = state()
        load_reference(conn, settings().data_dir)
        assert state() == before
        kinds = conn.execute("SELECT kind, count(*) AS n FROM org GROUP BY kind").fetchall()
        assert {k["kind"]: k["n"] for k in kinds} == {"city": 1, "district": 16, "zone": 1, "street": 343}
        assert conn.execute("SELECT kind FROM org WHERE id = 1").fetchone() == {"kind": "city"}
        assert conn.execute("SELECT sum(population)::bigint AS n FROM district").fetchone() == {"n": 21_893_095}


def test_a_session_is_somebodys_and_reads_only_unless_it_says_so(db: Database, officer: Actor) -> None:
    with db.as_user(officer) as conn:
        assert conn.execute("SELECT current_user, app.actor() AS actor").fetchone() == {
            "current_user": "riskmap_app",
            "actor": "officer",
        }
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), conn.transaction():
            conn.execute("INSERT INTO event (kind) VALUES ('x')")
    with db.as_user(officer, write=True) as conn:
        conn.execute("INSERT INTO event (kind) VALUES ('x')")
    with db.as_engine() as conn:
        assert conn.execute("SELECT current_user AS me, count(*) AS n FROM event").fetchone() == {"me": "riskmap_engine", "n": 1}


def test_nothing_of_a_session_is_left_in_the_connection(dsns: Dsns, officer: Actor) -> None:
    with Database(dsns.app, dsns.engine, pool_size=1) as db:
        with db.as_user(officer, write=True) as conn:
            conn.execute("INSERT INTO event (kind, steward_org) VALUES ('x', 1)")
        with pytest.raises(RuntimeError), db.as_user(officer, write=True) as conn:
            conn.execute("INSERT INTO event (kind, steward_org) VALUES ('lost', 1)")
            raise RuntimeError
        with db.as_user(STAFF) as conn:
            assert conn.execute("SELECT count(*) AS n FROM event").fetchone() == {"n": 0}
        with db.as_user(officer) as conn:
            assert [r["kind"] for r in conn.execute("SELECT kind FROM event").fetchall()] == ["x"]
        with psycopg.connect(dsns.app) as bare:  # the same login without as_user sees nothing at all
            assert bare.execute("SELECT count(*) FROM district").fetchone() == (0,)


def test_a_full_pool_says_come_back_and_a_cut_connection_is_replaced(
    dsns: Dsns, officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("riskmap.store.database.WAIT_S", 0.2)
    with Database(dsns.app, dsns.engine, pool_size=1) as db:
        with db.as_user(officer), pytest.raises(Unavailable), db.as_user(officer):
            pass
        with connect(dsns.superuser) as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'riskmap-app' AND datname = current_database()"
            )
        monkeypatch.setattr("riskmap.store.database.WAIT_S", 5.0)
        with db.as_user(officer) as conn:
            assert conn.execute("SELECT 1 AS one").fetchone() == {"one": 1}


def test_faults_of_the_database_are_told_as_problems(db: Database, officer: Actor) -> None:
    with pytest.raises(Conflict), db.as_user(officer, write=True) as conn:
        conn.execute("INSERT INTO idempotency (actor, key, route, request_hash) VALUES ('officer', 'k-12345678', 'r', 'h')")
        conn.execute("INSERT INTO idempotency (actor, key, route, request_hash) VALUES ('officer', 'k-12345678', 'r', 'h')")
