"""A clerk's file from upload to undo over HTTP, each signed in for real; another district finds nothing."""

from __future__ import annotations

import pytest

from riskmap.api.app import create_app
from riskmap.settings import settings
from riskmap.store.database import Database
from riskmap.store.migrate import connect
from tests.api.people import Person, made

URL = "/api/layers/risk_source/imports"
HEAD = "风险源名称,类别,可能事故,可能性,严重程度,经度,纬度,行政区,核验日期\n"
ROWS = (
    "氨罐,危险化学品,中毒,3,4,116.3381,39.7271,大兴区,2026-11-12\n"
    "锅炉房,危险化学品,容器爆炸,2,4,116.36,39.74,大兴区,2026-11-12\n"
    "坏行,危险化学品,中毒,9,4,116.37,39.75,大兴区,2026-11-12\n"
)
WHO = {
    "zhou": ("district_clerk", "110115"),
    "shen": ("reviewer", "110115"),
    "wai": ("reviewer", "110105"),
    "shi": ("risk_officer", "110000"),
}


@pytest.fixture
def at(db, tmp_path) -> dict[str, Person]:
    for login, (role, org) in WHO.items():
        made(db, login, role, org)
    app = create_app(settings(), db, grading=False)
    app.state.settings = app.state.settings.model_copy(update={"var_dir": tmp_path})
    return {login: Person(app).signed(login) for login in WHO}


def test_a_clerks_file_from_upload_to_undo(at):
    up = at["zhou"].post(URL, files={"file": ("大兴.csv", (HEAD + ROWS).encode())})
    assert up.status_code == 201, up.text
    plan = up.json()
    assert plan["counts"].get("refused") == 1 and sum(plan["counts"].values()) == 3, plan
    url, seen = f"{URL}/{plan['id']}", {"plan_hash": plan["plan_hash"]}
    assert at["zhou"].post(f"{url}/commit", json=seen).status_code == 403  # a clerk puts nothing in force
    assert at["shi"].post(f"{url}/commit", json=seen).status_code in (403, 404, 409)  # nor does another what is not handed in
    done = at["zhou"].post(f"{url}/submit", json=seen)
    assert done.status_code == 200 and done.json()["state"] == "submitted", done.text
    seen = {"plan_hash": done.json()["plan_hash"]}
    assert at["wai"].get(url).status_code == at["wai"].post(f"{url}/approve", json=seen).status_code == 404
    assert at["wai"].get("/api/imports").json()["batches"] == []
    assert [b["id"] for b in at["shen"].get("/api/imports?whose=waiting").json()["batches"]] == [plan["id"]]
    assert at["zhou"].post(f"{url}/approve", json=seen).status_code == 403
    back = at["shen"].post(f"{url}/return", json=seen | {"reason": "缺核验日期"})
    assert back.status_code == 200 and at["zhou"].get(url).json()["reason"] == "缺核验日期"
    done = at["zhou"].post(f"{url}/submit", json=seen | {"note": "已核对"})
    assert done.status_code == 200, done.text
    seen = {"plan_hash": done.json()["plan_hash"]}
    put = at["shen"].post(f"{url}/approve", json=seen)
    assert put.status_code == 200 and put.json()["counts"]["created"] == 2, put.text
    count = "/api/layers/risk_source/count?status=approved,incomplete"
    assert at["zhou"].get(count).json()["count"] == 2
    assert at["zhou"].post(f"{url}/withdraw").status_code == 409
    assert at["zhou"].post(f"{url}/undo").status_code == 403
    assert at["zhou"].post(f"{url}/ask-undo", json={"reason": "选错了坐标系"}).status_code == 200
    assert at["shen"].get(url).json()["undo_reason"] == "选错了坐标系"
    undone = at["shen"].post(f"{url}/undo")
    assert undone.status_code == 200 and at["zhou"].get(count).json()["count"] == 0, undone.text


def test_withdrawn_before_the_decision(at):
    plan = at["zhou"].post(URL, files={"file": ("大兴.csv", (HEAD + ROWS).encode())}).json()
    url = f"{URL}/{plan['id']}"
    seen = {"plan_hash": at["zhou"].post(f"{url}/submit", json={"plan_hash": plan["plan_hash"]}).json()["plan_hash"]}
    assert at["zhou"].post(f"{url}/withdraw").json()["state"] == "withdrawn"
    assert at["shen"].post(f"{url}/approve", json=seen).status_code == 409


def test_a_slow_disk_does_not_stop_a_batch(db, dsns, tmp_path):
    """Reading in, handing in, approving and undoing may each outlast what a request is allowed."""
    for login, (role, org) in WHO.items():
        made(db, login, role, org)
    with connect(dsns.superuser) as conn:
        name = conn.execute("SELECT current_database() AS n").fetchone()["n"]
        conn.execute(f"ALTER ROLE riskmap_app IN DATABASE {name} SET statement_timeout = '900ms'")
        conn.execute("CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); RETURN NULL; END $$")
        for what in ("INSERT ON import_row", "UPDATE ON import_batch", "INSERT ON feature_version"):
            conn.execute(f"CREATE TRIGGER zz_{what[:6].lower()} AFTER {what} FOR EACH STATEMENT EXECUTE FUNCTION slow()")
    with Database(dsns.app, dsns.engine, pool_size=2) as slow:
        app = create_app(settings(), slow, grading=False)
        app.state.settings = app.state.settings.model_copy(update={"var_dir": tmp_path})
        zhou, shen = (Person(app).signed(login) for login in ("zhou", "shen"))
        plan = zhou.post(URL, files={"file": ("大兴.csv", (HEAD + ROWS).encode())}).json()
        url = f"{URL}/{plan['id']}"
        handed = zhou.post(f"{url}/submit", json={"plan_hash": plan["plan_hash"]})
        assert handed.status_code == 200, handed.text
        put = shen.post(f"{url}/approve", json={"plan_hash": handed.json()["plan_hash"]})
        assert put.status_code == 200, put.text
        assert shen.post(f"{url}/undo").status_code == 200
