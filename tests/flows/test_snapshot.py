"""The single-file map holds the list's own set, asks nothing of the network and shows hostile names as text."""

from __future__ import annotations

import datetime as dt

import pytest

from riskmap import catalogue
from riskmap.core.filter import parse, sort_of
from riskmap.errors import TooLarge
from riskmap.flows import snapshot
from riskmap.flows.register import Desk, save
from riskmap.settings import settings
from riskmap.store.places import gazetteer

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def desk(db, officer) -> Desk:
    given = settings()
    with db.as_user(officer) as conn:
        return Desk(catalogue.load(given.layers_dir, given.data_dir / "codes"), gazetteer(conn))


def build(db, desk, officer, query: dict[str, str]) -> str:
    layer = desk.catalogue.layer("depot")
    with db.as_user(officer, write=True) as conn:
        return snapshot.made(conn, settings(), layer, parse(layer, query), sort_of("name"), officer, NOW)


def test_the_file_holds_the_filtered_set_and_no_request(db, desk, officer):
    with db.as_user(officer, write=True) as conn:
        for i, name in enumerate(("演示库甲", HOSTILE, "别区的库")):
            values = {"name": name, "depot_level": "区级", "lon": 116.48 if i < 2 else 116.34, "lat": 39.92 + i * 0.01 if i < 2 else 39.73}
            save(conn, desk, desk.catalogue.layer("depot"), values, officer, NOW)
    text = build(db, desk, officer, {"district": "110105"})
    assert "演示库甲" in text and "别区的库" not in text
    assert HOSTILE not in text and "&lt;img src=x onerror=alert(1)&gt;" in text
    assert "朝阳区" in text
    with db.as_user(officer) as conn:
        assert conn.execute("SELECT after ->> 'rows' AS n FROM audit WHERE operation = 'snapshot'").fetchone()["n"] == "2"


def test_too_many_records_are_told_with_how_to_narrow(db, desk, officer, monkeypatch):
    monkeypatch.setattr(snapshot, "MOST_RECORDS", 0)
    with db.as_user(officer, write=True) as conn:
        save(conn, desk, desk.catalogue.layer("depot"), {"name": "库", "depot_level": "区级", "lon": 116.48, "lat": 39.92}, officer, NOW)
    with pytest.raises(TooLarge) as told:
        build(db, desk, officer, {})
    assert "--filter" in (told.value.remedy or "")
