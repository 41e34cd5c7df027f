"""The doctor: names what is wrong and how to mend it, and changes nothing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from riskmap.flows.doctor import examine
from riskmap.settings import ROOT, Settings
from riskmap.store import postgres
from riskmap.store.cluster import Cluster, Dsns
from riskmap.store.migrate import connect

NOW = dt.datetime(2026, 5, 6, tzinfo=dt.UTC)


def settings(**more: object) -> Settings:
    return Settings(_env_file=None, **more)  # type: ignore[arg-type,call-arg]


def by_name(given: Settings) -> dict[str, tuple[str, str]]:
    return {c.name: (c.state, c.remedy) for c in examine(given, NOW)}


def test_nothing_made_yet_says_so_and_makes_nothing(tmp_path: Path) -> None:
    tmp_path.parent.chmod(0o755)
    found = by_name(settings(var_dir=tmp_path / "var"))
    assert found["cluster"][0] in ("warn", "fail") and "schema" not in found
    assert not (tmp_path / "var").exists()


def test_missing_packages_and_files_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "programs", lambda version=None: None)
    found = by_name(settings(var_dir=tmp_path / "var", web_dir=tmp_path / "web", layers_dir=ROOT / "tests" / "house"))
    assert found["postgresql"][0] == "fail" and "apt-get install" in found["postgresql"][1]
    assert found["frontend"] == ("fail", "make vendor")
    assert found["catalogue"][0] == "fail"


def test_a_running_one_is_well_and_a_damaged_one_is_not(cluster: Cluster, dsns: Dsns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("riskmap.store.server.dsns", lambda given, start=True: dsns)
    given = settings(var_dir=cluster.var_dir)
    found = by_name(given)
    assert {name: state for name, (state, _) in found.items() if state == "fail"} == {}
    assert found["schema"][0] == "ok" and found["database"][0] == "ok"
    with connect(dsns.superuser) as conn:
        conn.execute("ALTER FUNCTION geometry_overlaps(geometry, geometry) NOT LEAKPROOF")
    assert by_name(given)["schema"][0] == "fail"
    with connect(dsns.superuser) as conn:
        conn.execute("ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF")
        conn.execute("DELETE FROM schema_migration WHERE number = (SELECT max(number) FROM schema_migration)")
    assert by_name(given)["schema"] == ("fail", "riskmap migrate")
