"""Backup and restore: a round trip, and every broken backup told instead of taken."""

from __future__ import annotations

import datetime as dt
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from riskmap.core.actor import OFFICER
from riskmap.errors import SetupError
from riskmap.flows import backup as flow
from riskmap.flows.seal import seal
from riskmap.settings import Settings
from riskmap.store import dump
from riskmap.store.cluster import Cluster, Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect

NOW = dt.datetime(2026, 5, 6, 7, 8, 9, tzinfo=dt.UTC)


@pytest.fixture
def given(cluster: Cluster, dsns: Dsns, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings of an installation whose database is this test's own, with a few records, a grade and a sealed audit trail."""
    with db.as_user(OFFICER, write=True) as conn:
        conn.execute("""INSERT INTO feature (layer, code, name, steward_org, geom, cell, attributes)
                        SELECT 'shelter', 'S-' || n, '避难场所' || n, 1, ST_SetSRID(ST_MakePoint(116.4, 39.9), 4326),
                               617733123456, '{"a": 1}'
                        FROM generate_series(1, 50) n""")
        conn.execute("""INSERT INTO feature_version (feature_id, version, layer, steward_org, operation, actor)
                        SELECT id, 1, layer, steward_org, 'create', 'officer' FROM feature""")
        conn.execute("INSERT INTO audit (actor, role, operation) VALUES (app.actor(), app.role(), 'test')")
    with db.as_engine() as conn:
        seal(conn)
    db.close()
    name = psycopg.conninfo.conninfo_to_dict(dsns.superuser)["dbname"]
    monkeypatch.setattr("riskmap.store.server.dsns", lambda settings, start=True: dsns)
    yield Settings(var_dir=tmp_path, database_name=str(name), _env_file=None)  # type: ignore[call-arg]
    with psycopg.connect(make_conninfo(cluster.dsns().superuser, dbname="postgres"), autocommit=True) as conn:
        left = conn.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", (f"{name}\\_%",)).fetchall()
        for (database,) in left:
            dump.drop(cluster.dsns().superuser, database)


def databases(dsns: Dsns) -> set[str]:
    with connect(make_conninfo(dsns.superuser, dbname="postgres")) as conn:
        return {r["datname"] for r in conn.execute("SELECT datname FROM pg_database").fetchall()}


def test_round_trip_after_everything_was_lost(given: Settings, dsns: Dsns, tmp_path: Path) -> None:
    file = flow.backup(given, tmp_path / "out", NOW)
    assert file.stat().st_mode & 0o077 == 0 and [p.name for p in (tmp_path / "out").iterdir()] == [file.name]
    with connect(dsns.superuser) as conn:
        before = dump.content(conn)
        conn.execute("SET session_replication_role = replica")
        conn.execute("TRUNCATE feature, feature_version CASCADE")
    report, kept = flow.restore(given, file, NOW)
    assert report.differences == [] and report.audit_links == 1
    assert kept is None  # nothing of worth was there
    with connect(dsns.superuser) as conn:
        assert dump.content(conn) == before
        assert before.tables["feature"]["rows"] == 50
        with pytest.raises(psycopg.errors.RestrictViolation):
            conn.execute("DELETE FROM feature_version")  # triggers are back
    with Database(dsns.app, dsns.engine, 2) as again, again.as_user(OFFICER) as conn:
        assert conn.execute("SELECT count(*) AS n FROM feature").fetchone() == {"n": 50}  # and so are roles and policies
        plan = "\n".join(
            r["QUERY PLAN"]
            for r in conn.execute(
                "EXPLAIN SELECT 1 FROM feature WHERE geom && ST_MakeEnvelope(116, 39, 116.1, 39.1, 4326)"
            ).fetchall()
        )
        assert "leak" not in plan
    with connect(dsns.superuser) as conn:
        assert conn.execute(
            "SELECT bool_and(proleakproof) AS ok FROM pg_proc WHERE proname = 'geometry_overlaps'"
        ).fetchone() == {"ok": True}


def test_what_was_there_is_kept_under_another_name(given: Settings, dsns: Dsns, tmp_path: Path) -> None:
    file = flow.backup(given, tmp_path, NOW)
    _, kept = flow.restore(given, file, NOW)
    assert kept and kept in databases(dsns)


def test_the_drill_leaves_nothing_and_is_noted(given: Settings, dsns: Dsns) -> None:
    before = databases(dsns)
    report = flow.drill(given, None, NOW)
    assert report.differences == [] and report.rows > 50
    assert databases(dsns) == before
    assert flow.last(given)["drill_ok"] is True and flow.last(given)["drill_at"].startswith("2026-05-06")


def edited(file: Path, target: Path, **changes: object) -> Path:
    """The backup with another manifest."""
    with tarfile.open(file) as tar:
        manifest = json.load(tar.extractfile("manifest.json")) | changes  # type: ignore[arg-type]
        body = tar.extractfile("database.dump").read()  # type: ignore[union-attr]
    with tarfile.open(target, "w") as tar:
        for name, data in (("manifest.json", json.dumps(manifest).encode()), ("database.dump", body)):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return target


def test_broken_backups_are_told_and_change_nothing(given: Settings, dsns: Dsns, tmp_path: Path) -> None:
    file = flow.backup(given, tmp_path / "out", NOW)
    whole = file.read_bytes()
    short, flipped, empty = tmp_path / "short.tar", tmp_path / "flipped.tar", tmp_path / "empty.tar"
    short.write_bytes(whole[: len(whole) // 2])
    middle = len(whole) * 2 // 3
    flipped.write_bytes(whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :])
    empty.write_bytes(b"")
    bad = [
        short,
        flipped,
        empty,
        tmp_path / "absent.tar",
        edited(file, tmp_path / "newer.tar", server=99),
        edited(file, tmp_path / "ahead.tar", migrations=["9999_from_the_future"]),
        edited(file, tmp_path / "format.tar", format=2),
    ]
    with connect(dsns.superuser) as conn:
        content = dump.content(conn)
    before = databases(dsns)
    for each in bad:
        with pytest.raises(SetupError):
            flow.restore(given, each, NOW)
        with pytest.raises(SetupError):
            flow.drill(given, each, NOW)
    assert databases(dsns) == before
    with connect(dsns.superuser) as conn:
        assert dump.content(conn) == content


def test_a_backup_that_lost_rows_is_not_put_in_force(given: Settings, dsns: Dsns, tmp_path: Path) -> None:
    file = flow.backup(given, tmp_path / "out", NOW)
    tables = flow.manifest(file)["tables"]
    lying = edited(file, tmp_path / "lying.tar", tables=tables | {"feature": {"rows": 51, "checksum": "1"}})
    before = databases(dsns)
    with pytest.raises(SetupError, match="feature"):
        flow.restore(given, lying, NOW)
    assert flow.drill(given, lying, NOW).differences
    assert databases(dsns) == before and flow.last(given)["drill_ok"] is False
