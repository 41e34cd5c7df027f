"""Programs come in by keys: they read, what their unit and layers give, until a key is revoked or over; each is told once and audited."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from fastapi import FastAPI

from riskmap.api.allowed import OPERATION, PUBLIC
from riskmap.api.app import create_app
from riskmap.api.keyed import NEUTRAL, Counted
from riskmap.core.actor import OPERATOR
from riskmap.core.role import may
from riskmap.flows import key as flow
from riskmap.settings import settings
from riskmap.store.cluster import Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect
from tests.api.conftest import Client
from tests.api.people import Person, made

KNOWN = {"risk_source", "shelter", "depot", "major_hazard"}
FIRST, SECOND = "an1", "an2"


@pytest.fixture
def app(db: Database) -> FastAPI:
    made(db, "first", "auditor")  # from now on not this machine alone
    return create_app(settings(), db, grading=False)


def make(db: Database, org: str = "110000", layers: list[str] | None = None, days: int = 90) -> str:
    with db.as_user(OPERATOR, write=True) as conn:
        return flow.add(conn, "统计平台（张某）", org, layers, days, OPERATOR, dt.datetime.now(dt.UTC), KNOWN)[1]


class Program(Client):
    """What a program sends: its key, no cookie."""

    def __init__(self, app: FastAPI, key: str, address: str = "10.9.9.9") -> None:
        super().__init__(app, base_url="https://127.0.0.1", client=(address, 1), raise_server_exceptions=False)
        self.headers["Authorization"] = f"Bearer {key}"


def filled(app: FastAPI, db: Database) -> None:
    """A source in 大兴区, a shelter and a depot in 朝阳区."""
    made(db, "city", "risk_officer")
    with Person(app) as city:
        city.signed("city")
        for layer, given in (
            ("risk_source", {"name": "液氯储存", "kind": "chemical", "accident_type": "中毒", "likelihood": 4, "severity": 5, "lon": 116.3381,
                             "lat": 39.7271, "district": "大兴区", "verified_on": "2026-11-12"}),
            ("shelter", {"name": "朝阳公园", "shelter_level": "县级", "capacity": 300, "lon": 116.48, "lat": 39.94, "district": "朝阳区",
                         "keeper": "王小明", "keeper_phone": "13812345678"}),
            ("depot", {"name": "朝阳库", "depot_level": "区级", "lon": 116.5, "lat": 39.95, "district": "朝阳区"}),
        ):  # fmt: skip
            answer = city.post(f"/api/layers/{layer}/features", json=given)
            if answer.status_code == 422:
                answer = city.post(f"/api/layers/{layer}/features", json={k: v for k, v in given.items() if not k.startswith("keeper")})
            assert answer.status_code == 201, answer.text


def names(program: Client, layer: str) -> list[str]:
    answer = program.get(f"/api/layers/{layer}/features", params={"bbox": "115,39,118,41"})
    return [f["properties"]["name"] for f in answer.json()["features"]] if answer.status_code == 200 else [str(answer.status_code)]


def test_a_key_is_told_once_and_opens_after_a_second_person(app: FastAPI, db: Database, dsns: Dsns) -> None:
    for login in (FIRST, SECOND):
        made(db, login, "security_admin")
    with Person(app) as first, Person(app) as second:
        first.signed(FIRST), second.signed(SECOND)
        asked = {"name": "统计平台", "org": "110105", "layers": ["shelter"], "days": 30}
        answer = first.post("/api/keys", json=asked, headers={"Idempotency-Key": "the-same-key-twice"})
        assert answer.status_code == 201 and answer.headers["cache-control"] == "no-store"
        key, id = answer.json()["key"], answer.json()["id"]
        again = first.post("/api/keys", json=asked, headers={"Idempotency-Key": "the-same-key-twice"})
        assert again.json()["id"] == id and "key" not in again.json()
        program = Program(app, key)
        assert program.get("/api/layers").status_code == 401
        assert first.post(f"/api/keys/{id}/confirm").status_code == 403
        assert second.post(f"/api/keys/{id}/confirm").status_code == 200
        assert second.post(f"/api/keys/{id}/confirm").status_code == 409
        assert program.get("/api/layers").status_code == 200
        shown = second.get("/api/keys").json()["keys"][0]
        assert key.startswith(f"rmk_{shown['prefix']}_") and shown["layers"] == ["shelter"] and shown["last_used_at"]
        assert key not in second.get("/api/keys").text
        assert second.post(f"/api/keys/{id}/revoke").status_code == 200
        assert program.get("/api/layers").status_code == 401
        assert second.post(f"/api/keys/{id}/revoke").status_code == 409
        assert second.post("/api/keys/99999/revoke").status_code == 404
    with connect(dsns.superuser) as conn:
        kept = conn.execute(
            "SELECT api_key::text AS a FROM api_key UNION ALL SELECT idempotency::text FROM idempotency UNION ALL SELECT audit::text FROM audit"
        ).fetchall()
        assert not [r for r in kept if key in r["a"] or key.split("_")[2] in r["a"]]
        told = [r["operation"] for r in conn.execute("SELECT operation FROM audit WHERE operation LIKE 'key.%' ORDER BY id").fetchall()]
        assert told == ["key.add", "key.refused", "key.confirm", "key.used", "key.revoke"]


@pytest.mark.parametrize("statement", [
    "UPDATE api_key SET awaits = NULL",
    "UPDATE api_key SET revoked_at = now(), revoked_by = 'somebody'",
    "INSERT INTO api_key (prefix, key_hash, name, org, created_by, created_at, expires_at) "
    "VALUES ('bbbbbbbb', decode(repeat('11', 32), 'hex'), 'n', 1, 'an1', now(), now() + interval '1 day')",
    "UPDATE api_key SET org = 1", "UPDATE api_key SET layers = NULL", "UPDATE api_key SET expires_at = now()", "DELETE FROM api_key",
])  # fmt: skip
def test_the_database_keeps_it_too(db: Database, statement: str) -> None:
    from riskmap.core.actor import Actor

    keeper = Actor(FIRST, "x", "security_admin", 1, "none")
    with db.as_user(keeper, write=True) as conn:
        flow.add(conn, "n", "110000", None, 9, keeper, dt.datetime.now(dt.UTC), KNOWN)
    with pytest.raises(Exception) as refused, db.as_user(keeper, write=True) as conn:
        conn.execute(statement)  # type: ignore[arg-type]
    assert type(refused.value).__name__ in ("Forbidden", "RestrictViolation"), refused.value


def test_a_revoked_key_stays_so(db: Database, dsns: Dsns) -> None:
    make(db)
    with db.as_user(OPERATOR, write=True) as conn:
        flow.revoke(conn, 1, OPERATOR, dt.datetime.now(dt.UTC))
    for taken_back in ("UPDATE api_key SET revoked_at = NULL, revoked_by = NULL", "UPDATE api_key SET revoked_by = 'another'"):
        with pytest.raises(Exception, match="stays so"), db.as_user(OPERATOR, write=True) as conn:
            conn.execute(taken_back)  # type: ignore[arg-type]


def test_a_key_reads_data_and_nothing_else(app: FastAPI, db: Database) -> None:
    """Every route as a program with a city-wide key: answered where it reads data, refused where it writes or is a page."""
    from tests.house.test_routes import SAMPLE

    made(db, "city", "risk_officer")
    program, wrong = Program(app, make(db)), {}
    for route, operation in OPERATION.items():
        verb, path = route.split(" ", 1)
        if operation == PUBLIC:
            continue
        answer = program.request(verb, path.format(**SAMPLE), **({} if verb == "GET" else {"json": {}}))
        reads = verb == "GET" and path.startswith(("/api/", "/tiles/")) and may("api_client", operation)
        if (answer.status_code not in (401, 403)) != reads or (not reads and answer.status_code != 403):
            wrong[route] = (answer.status_code, answer.text[:200])
    assert wrong == {}
    assert program.delete("/api/layers").status_code == 403 and program.put("/api/layers", json={}).status_code == 403


def test_unit_and_layers_bound_what_is_read(app: FastAPI, db: Database) -> None:
    filled(app, db)
    city, south = Program(app, make(db)), Program(app, make(db, "110115"))
    depots, chaoyang = Program(app, make(db, layers=["depot"])), Program(app, make(db, "110105", ["depot", "shelter"]))
    assert names(city, "risk_source") == ["液氯储存"] and names(south, "risk_source") == ["液氯储存"]
    assert names(depots, "risk_source") == ["404"] and names(depots, "depot") == ["朝阳库"] and names(depots, "shelter") == ["404"]
    assert names(chaoyang, "depot") == ["朝阳库"] and names(chaoyang, "risk_source") == ["404"]
    near = {"lon": 116.48, "lat": 39.94, "layers": "shelter,depot", "radius_m": 20000}
    assert "朝阳公园" in city.get("/api/near", params=near).text
    assert "朝阳公园" not in depots.get("/api/near", params=near).text and "朝阳库" in depots.get("/api/near", params=near).text
    for route in (r for r, o in OPERATION.items() if r.startswith("GET /api/") and o == "map.read" and "{" not in r):
        answer = depots.get(route.split(" ")[1], params={"lon": 116.4, "lat": 39.9, "bbox": "116,39,117,40", "resolution": 7})
        assert (answer.status_code == 403) != (route in NEUTRAL), (route, answer.text[:200])
        assert "液氯储存" not in answer.text
    assert "13812345678" not in city.get("/api/layers/shelter/features", params={"bbox": "115,39,118,41"}).text


def test_the_wall_of_layers_is_in_the_database(app: FastAPI, db: Database, dsns: Dsns) -> None:
    filled(app, db)
    key = make(db, layers=["depot"])
    found = flow.resolve(db, key, dt.datetime.now(dt.UTC))
    assert found is not None
    with db.as_user(found[0]) as conn:
        assert {r["layer"] for r in conn.execute("SELECT layer FROM feature").fetchall()} == {"depot"}
        assert {r["layer"] for r in conn.execute("SELECT layer FROM feature_version").fetchall()} <= {"depot"}
        conn.execute("SELECT set_config('app.layers', '', true)")
        assert conn.execute("SELECT 1 FROM feature").fetchall() == []  # unset: nothing is open


def test_kept_answers_are_not_another_keys(app: FastAPI, db: Database) -> None:
    filled(app, db)
    def count(program: Client) -> Any:
        return program.get("/api/near", params={"lon": 116.48, "lat": 39.94, "layers": "shelter,depot", "radius_m": 20000}).text

    some, every = Program(app, make(db, layers=["depot"])), Program(app, make(db))
    assert count(every) != count(some) and count(some) != count(every)


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer ", "Bearer rmk_aaaaaaaa_" + "x" * 43, "Basic YTpi", "Bearer " + "9" * 5000, "Bearer é\x80"])
def test_what_is_no_key_is_told_the_same(app: FastAPI, db: Database, given: str) -> None:
    make(db)
    client = Client(app, base_url="https://127.0.0.1", client=("10.8.8.8", 1), raise_server_exceptions=False)
    answer = client.get("/api/layers", headers={"Authorization": given.encode("latin-1")})
    assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer" and answer.json()["title"].startswith("密钥无效")
    assert client.get("/review", headers={"Authorization": given.encode("latin-1")}).status_code == 401


def test_a_key_is_over_when_its_days_are(app: FastAPI, db: Database, dsns: Dsns) -> None:
    program = Program(app, make(db, days=1))
    assert program.get("/api/layers").status_code == 200
    with connect(dsns.superuser) as conn:
        conn.execute("SELECT set_config('app.role', 'operator', false)")
        conn.execute("UPDATE api_key SET created_at = now() - interval '2 days', expires_at = now() - interval '1 day'")
    assert program.get("/api/layers").status_code == 401


def test_a_key_beside_a_session_is_the_key(app: FastAPI, db: Database) -> None:
    """Who sends both is the program: a key never borrows a person's rights."""
    made(db, "city", "risk_officer")
    with Person(app) as city:
        city.signed("city")
        answer = city.post("/api/layers/depot/features", json={}, headers={"Authorization": f"Bearer {make(db)}"})
        assert answer.status_code == 403 and answer.json()["title"].startswith("密钥只能读取")


def test_limits(db: Database, dsns: Dsns) -> None:
    bounds = settings().model_copy(update={"key_per_minute": 5, "signin_per_address": 3})
    made(db, "first", "auditor")
    app = create_app(bounds, db, grading=False)
    program, other = Program(app, make(db)), Program(app, make(db))
    assert [program.get("/api/layers").status_code for _ in range(7)] == [200] * 5 + [429] * 2
    assert 1 <= int(program.get("/api/layers").headers["retry-after"]) <= 60
    assert other.get("/api/layers").status_code == 200
    wrong = Program(app, "rmk_aaaaaaaa_" + "x" * 43)
    assert [wrong.get("/api/layers").status_code for _ in range(5)] == [401] * 3 + [429] * 2
    assert other.get("/api/layers").status_code == 200  # from the same address: a key that opens is not shut out by others' tries
    with connect(dsns.superuser) as conn:
        rows = conn.execute("SELECT actor, operation, result, after FROM audit WHERE operation IN ('key.used', 'key.refused') ORDER BY id").fetchall()
    assert [r["operation"] for r in rows] == ["key.used", "key.used", "key.refused", "key.refused"]
    assert rows[0]["actor"].startswith("key:") and rows[2]["after"] == {"prefix": "aaaaaaaa", "times": 1}


def test_the_count_begins_anew_each_minute() -> None:
    at = [0.0]
    counted = Counted(lambda: at[0])
    assert [counted.come("a")[0] for _ in range(3)] == [1, 2, 3] and counted.come("b") == (1, 60.0)
    at[0] = 59.0
    assert counted.come("a") == (4, 1.0)
    at[0] = 60.0
    assert counted.come("a") == (1, 60.0)


@pytest.mark.parametrize("asked", [
    {"name": " "}, {"org": "999999"}, {"org": "110105001"}, {"layers": []}, {"layers": ["no_such"]}, {"days": 0}, {"days": 366}, {"more": 1},
])  # fmt: skip
def test_what_will_not_do(app: FastAPI, db: Database, asked: dict[str, Any]) -> None:
    made(db, FIRST, "security_admin")
    with Person(app) as first:
        answer = first.signed(FIRST).post("/api/keys", json={"name": "n", "org": "110000"} | asked)
        assert answer.status_code == 422 and answer.json()["where"]
