"""The operator's routes: alive without a database, ready only with one, and reasons with remedies."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from riskmap.api.health import Measured, router
from riskmap.flows import health
from riskmap.flows.seal import seal
from riskmap.settings import Settings
from riskmap.store.cluster import Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect


def client(db: Database, var: Path) -> TestClient:
    app = FastAPI()
    app.include_router(router(db, Settings(var_dir=var, _env_file=None)))  # type: ignore[call-arg]
    app.add_middleware(Measured)
    return TestClient(app)


def test_ready_with_reasons(db: Database, tmp_path: Path) -> None:
    page = client(db, tmp_path)
    assert page.get("/healthz").json() == {"status": "ok"}
    answer = page.get("/readyz")
    told = {c["name"]: c for c in answer.json()["checks"]}
    assert answer.status_code == 200 and told["database"]["state"] == "ok" and told["disk"]["state"] == "ok"
    assert told["backup"]["state"] == "warn" and "riskmap backup" in told["backup"]["remedy"]
    text = page.get("/metrics").text
    assert 'riskmap_answers_total{route="/readyz",status="2xx"}' in text


def test_not_ready_without_a_database_but_alive(dsns: Dsns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("riskmap.store.database.WAIT_S", 0.2)
    nowhere = "host=/nonexistent port=1 dbname=none user=nobody connect_timeout=1"
    with Database(nowhere, nowhere, 1) as db:
        page = client(db, tmp_path)
        assert page.get("/healthz").status_code == 200
        answer = page.get("/readyz")
    assert answer.status_code == 503 and answer.headers["Retry-After"]
    assert [c["state"] for c in answer.json()["checks"] if c["name"] == "database"] == ["fail"]


def test_a_failed_drill_and_a_full_disk_are_red(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "backup.json").write_text(json.dumps({"drill_at": "2026-01-01T00:00:00+00:00", "drill_ok": False}))
    assert client(db, tmp_path).get("/readyz").status_code == 503
    (tmp_path / "backup.json").unlink()
    monkeypatch.setattr(health.shutil, "disk_usage", lambda _: type("U", (), {"total": 100 * 10**9, "free": 5 * 10**9}))
    answer = client(db, tmp_path).get("/readyz")
    assert answer.status_code == 503
    assert ["--release-ballast" in c["remedy"] for c in answer.json()["checks"] if c["name"] == "disk"] == [True]


def test_an_audit_row_that_nobody_seals_for_ten_seconds_is_red(db: Database, dsns: Dsns, tmp_path: Path) -> None:
    with connect(dsns.superuser) as conn:
        conn.execute("INSERT INTO audit (at, actor, role, operation) VALUES (clock_timestamp() - interval '8 seconds', 'a', 'x', 'test')")
    page = client(db, tmp_path)
    assert page.get("/readyz").status_code == 200
    with connect(dsns.superuser) as conn:
        conn.execute("INSERT INTO audit (at, actor, role, operation) VALUES (clock_timestamp() - interval '11 seconds', 'a', 'x', 'test')")
    answer = page.get("/readyz")
    told = {c["name"]: c for c in answer.json()["checks"]}
    assert answer.status_code == 503 and told["audit"]["state"] == "fail" and told["audit"]["remedy"]
    with db.as_engine() as conn:
        seal(conn, everything=True)
    assert page.get("/readyz").status_code == 200


def test_a_head_that_does_not_reach_its_file_is_told(tmp_path: Path) -> None:
    given = Settings(var_dir=tmp_path, audit_head_file=tmp_path / "far" / "heads.tsv", _env_file=None)  # type: ignore[call-arg]
    now = dt.datetime.now(dt.UTC)
    assert [c.state for c in health.heads(given, now)] == ["warn"]
    given.audit_head_file.parent.mkdir()  # type: ignore[union-attr]
    for file in (given.audit_head_file, given.audit_heads):
        file.write_text("x")  # type: ignore[union-attr]
    assert [c.state for c in health.heads(given, now)] == ["ok"]
    os.utime(given.audit_head_file, (0, 0))  # type: ignore[arg-type]
    assert [c.state for c in health.heads(given, now)] == ["warn"]
