"""Set-up: current and twice the same; a demo city that was cut short is thrown away, unless other records are there."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from riskmap.core.actor import OFFICER
from riskmap.errors import SetupError
from riskmap.flows.setup import LOADING, clear_cut_demo, is_empty, loading_demo, make_current, opened
from riskmap.settings import Settings
from riskmap.store.cluster import Dsns
from riskmap.store.migrate import connect

BATCH = """INSERT INTO import_batch (layer, steward_org, actor, file_name, file_hash, crs, state, demo)
           VALUES ('shelter', 1, 'a', 'f', 'h', 'wgs84', 'committed', %s)"""
RECORD = "INSERT INTO feature (layer, code, name, steward_org, demo) VALUES ('shelter', %s, 'n', 1, %s)"


@pytest.fixture
def given(dsns: Dsns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr("riskmap.store.server.dsns", lambda settings, start=True: dsns)
    name = psycopg.conninfo.conninfo_to_dict(dsns.superuser)["dbname"]
    return Settings(var_dir=tmp_path, database_name=str(name), _env_file=None)  # type: ignore[call-arg]


def store(given: Settings, code: str, demo: bool) -> None:
    with opened(given) as db, db.as_user(OFFICER, write=True) as conn:
        conn.execute(BATCH, (demo,))
        conn.execute(RECORD, (code, demo))


def test_current_twice_is_once(given: Settings) -> None:
    assert make_current(given) == []
    with opened(given) as db:
        assert is_empty(db) and set(db.staff_layers) >= {"shelter", "depot"}


def test_half_a_demo_is_thrown_away(given: Settings) -> None:
    assert not clear_cut_demo(given)
    with pytest.raises(KeyboardInterrupt), loading_demo(given):
        store(given, "D-1", True)
        raise KeyboardInterrupt
    assert clear_cut_demo(given) and not clear_cut_demo(given)
    with opened(given) as db:
        assert is_empty(db)
    with loading_demo(given):
        store(given, "D-1", True)
    assert not clear_cut_demo(given)


def test_other_records_are_never_thrown_away(given: Settings, dsns: Dsns) -> None:
    store(given, "OURS", False)
    (given.var_dir / LOADING).touch()
    with pytest.raises(SetupError, match="other records"):
        clear_cut_demo(given)
    with connect(dsns.superuser) as conn:
        assert conn.execute("SELECT code FROM feature").fetchall() == [{"code": "OURS"}]
