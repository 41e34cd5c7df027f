"""The operator's routes: alive without a database, ready only with one, and reasons with remedies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from riskmap.api.health import Measured, router
from riskmap.flows import health
from riskmap.settings import Settings
from riskmap.store.cluster import Dsns
from riskmap.store.database import Database


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
