"""Grades over HTTP: what is answered is what the engine holds, cut by box, tagged by run, and never a wrong colour for unknown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from riskmap.api import grades as routes
from riskmap.api.deps import Json
from riskmap.catalogue import load
from riskmap.core import cell as h3cell
from riskmap.core.actor import OFFICER, Actor
from riskmap.core.coordinates import LonLat
from riskmap.core.feature import check
from riskmap.core.grading.coarse import drawn
from riskmap.errors import Problem
from riskmap.flows import closing, register, standings
from riskmap.flows.grader import Grader
from riskmap.flows.register import Desk, Source
from riskmap.settings import settings
from riskmap.store import journal, orgs, places
from riskmap.store.database import Database
from tests.conftest import dsns_of

KEY = {"Idempotency-Key": "a-key-of-this-test"}
HERE = LonLat(116.3975, 39.9087)


@pytest.fixture(scope="module")
def catalogue():
    return load(settings().layers_dir, settings().data_dir / "codes")


@pytest.fixture(scope="module")
def city(cluster, template, catalogue) -> Iterator[tuple[Database, Grader]]:
    """A database of its own with forty sources round a place, and a grader on it."""
    from tests.conftest import create_database

    create_database(cluster, "riskmap_api_grades", template)
    where = dsns_of(cluster, "riskmap_api_grades")
    now = dt.datetime.now(dt.UTC)
    rng = np.random.default_rng(8)
    kind = catalogue.options(catalogue.layer("risk_source").fields()["kind"])[0].zh
    with Database(where.app, where.engine, pool_size=4, staff_layers=catalogue.staff_layers()) as db:
        with db.as_user(OFFICER) as conn:
            desk = Desk(catalogue, places.gazetteer(conn))
        n = 40
        columns = {
            "name": [f"源 {i}" for i in range(n)],
            "lon": (HERE.lon + rng.uniform(-0.02, 0.02, n)).tolist(),
            "lat": (HERE.lat + rng.uniform(-0.02, 0.02, n)).tolist(),
            "kind": [kind] * n,
            "accident_type": ["容器爆炸"] * n,
            "likelihood": rng.integers(1, 6, n).tolist(),
            "severity": rng.integers(3, 6, n).tolist(),
        }
        checked = check(catalogue.layer("risk_source"), catalogue.codes, columns, gazetteer=desk.gazetteer)
        with db.as_user(OFFICER, write=True) as conn:
            made = register.plan(conn, desk, checked, Source(file_name="test"), OFFICER)
            register.commit(conn, desk, made["id"], made["plan_hash"], OFFICER, now, accept_duplicates=True)
        grader = Grader(db, settings(), catalogue)
        grader.start()
        grader.wait(timeout_s=120)
        yield db, grader
        grader.stop()


@pytest.fixture
def client(city) -> Iterator[TestClient]:
    with asked_by(city, OFFICER) as made:
        yield made


@pytest.fixture
def stranger(city) -> Iterator[TestClient]:
    """A clerk of a district where none of the sources is, looking at the district where they are."""
    with city[0].as_user(OFFICER) as conn:
        org = orgs.of_district(conn, "110116")
    with asked_by(city, Actor(id="clerk", name="填报员", role="district_clerk", org=org, scope="org", orgs=(org,))) as made:
        yield made


@contextmanager
def asked_by(city, who: Actor) -> Iterator[TestClient]:
    db, grader = city
    app = FastAPI()
    app.include_router(routes.router)
    app.state.db, app.state.grader, app.state.settings = db, grader, settings()

    @app.middleware("http")
    async def named(request: Request, call_next):
        request.state.request_id, request.state.actor = "test", who
        return await call_next(request)

    app.add_exception_handler(Problem, lambda _, fault: Json(fault.document(), status_code=fault.status))
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 4711)) as made:
        yield made


@pytest.mark.parametrize("resolution", [5, 6, 7, 8, 9])
def test_cells_are_the_engines(client: TestClient, city, resolution: int) -> None:
    whole = client.get("/api/cells", params={"resolution": resolution}).json()
    engine = city[1].graded.engine
    made = drawn(engine, resolution)
    assert whole["cell"] == h3cell.hex_of(made.cell) == sorted(whole["cell"]) and len(whole["cell"]) > 0
    assert (
        whole["level"] == made.level.tolist() and whole["worst"] == made.worst.tolist() and whole["count"] == made.count.tolist()
    )
    assert whole["risk"] == np.round(made.risk / 1e6, 1).tolist()
    assert sum(whole["count"]) == 40
    delta = client.get("/api/cells", params={"resolution": resolution, "encoding": "delta"}).json()
    ids = int(delta["base"], 16) >> delta["shift"]
    low = int(delta["base"], 16) & ((1 << delta["shift"]) - 1)
    rebuilt = [
        f"{(i << delta['shift']) | low:x}" for i in [ids, *(ids + np.cumsum(np.array(delta["delta"], dtype=np.int64))).tolist()]
    ]
    assert rebuilt == whole["cell"]


def test_a_box_gives_every_cell_that_touches_it(client: TestClient) -> None:
    west, south, east, north = HERE.lon - 0.004, HERE.lat - 0.004, HERE.lon + 0.006, HERE.lat + 0.004
    import shapely

    whole = client.get("/api/cells", params={"resolution": 9}).json()
    some = client.get("/api/cells", params={"resolution": 9, "bbox": f"{west},{south},{east},{north}"}).json()
    touching = shapely.intersects(h3cell.polygons(h3cell.from_hex(whole["cell"])), shapely.box(west, south, east, north))
    asked = {c for c, t in zip(whole["cell"], touching, strict=True) if t}
    assert asked and asked <= set(some["cell"]) < set(whole["cell"])
    at = {c: i for i, c in enumerate(whole["cell"])}
    assert all(some[k][j] == whole[k][at[c]] for j, c in enumerate(some["cell"]) for k in ("risk", "level", "count", "worst"))


def test_an_answer_is_tagged_by_its_run(client: TestClient, city) -> None:
    db, grader = city
    first = client.get("/api/cells", params={"resolution": 8})
    tag = {"If-None-Match": first.headers["etag"]}
    assert client.get("/api/cells", params={"resolution": 8}, headers=tag).status_code == 304
    run = grader.graded.run_id
    with db.as_user(OFFICER, write=True) as conn:
        one = conn.execute(
            "SELECT id, steward_org FROM feature WHERE layer = 'risk_source' AND level = 1 ORDER BY id LIMIT 1"
        ).fetchone()
        danger = conn.execute(
            "INSERT INTO hidden_danger (feature_id, steward_org, code, title, grade, found_on, actor) "
            "VALUES (%s, %s, 'YH1', '试', 'major', now()::date, 'o') RETURNING id",
            [one["id"], one["steward_org"]],
        ).fetchone()
        conn.execute(
            "INSERT INTO hidden_danger_event (danger_id, steward_org, state, deadline_on, happened_on, actor) "
            "VALUES (%s, %s, 'listed', now()::date + 30, now()::date, 'o')",
            [danger["id"], one["steward_org"]],
        )
        journal.event(conn, "ledger.changed", "risk_source", one["steward_org"], {"ids": [one["id"]]})
    grader.wait(lambda g: g.run_id != run, 30)
    second = client.get("/api/cells", params={"resolution": 8}, headers=tag)
    assert second.status_code == 200 and second.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize(
    "query",
    [
        {"resolution": 4},
        {"resolution": 10},
        {"bbox": "1,2,3"},
        {"bbox": "5,4,3,2"},
        {"bbox": "a,b,c,d"},
        {"bbox": "nan,0,1,1"},
        {"encoding": "x"},
    ],
)
def test_a_bad_question_is_refused(client: TestClient, query: dict) -> None:
    assert client.get("/api/cells", params=query).status_code == 422


def test_districts_and_their_card(client: TestClient, city) -> None:
    body = client.get("/api/districts").json()
    assert len(body["districts"]) == 16 and body["run"]["id"] == city[1].graded.run_id
    by = {d["code"]: d for d in body["districts"]}
    graded = [d for d in body["districts"] if d["computed"] is not None]
    assert {"110101", "110102"} <= {d["code"] for d in graded} and by["110119"]["shown"] is None and by["110119"]["d"] is None
    assert [d["rank_city"] for d in sorted(graded, key=lambda d: (d["computed"], -d["d"]))] == list(range(1, len(graded) + 1))
    for d in graded:
        card = client.get(f"/api/districts/{d['code']}/grade").json()
        assert (card["d"], card["t"], card["computed"], card["shown"]) == (d["d"], d["t"], d["computed"], d["shown"])
        share = sum(c["share"] for c in card["contributors"]) + card["rest"]["share"]
        assert share == pytest.approx(1, abs=1e-9)
        assert card["parts"]["product"] + card["parts"]["remainder"] == pytest.approx(card["d"], abs=2e-6)
        assert all(c["name"] and c["layer"] == "risk_source" for c in card["contributors"])
        assert card["confidence"]["letter"] == "C" and card["confidence"]["caps"] == ["area_residents", "unknown_coping"]
        assert card["residents"]["count"] == d["population"] and "census" in card["residents"]["source"]
    unassessed = client.get("/api/districts/110119/grade").json()
    assert unassessed["difference"][0]["rule"] == "no_source" and unassessed["contributors"] == []
    assert client.get("/api/districts/999999/grade").status_code == 404
    tomorrow = (dt.date.today() + dt.timedelta(days=3)).isoformat()
    assert client.get("/api/districts/110101/grade", params={"as_of": tomorrow}).status_code == 422
    past = client.get("/api/districts/110101/grade", params={"as_of": "2026-01-01"}).json()
    assert past["computed"] is None and past["shown"] is None  # nothing was on record then


def test_a_cell_explains_itself(client: TestClient, city) -> None:
    engine = city[1].graded.engine
    at = int(engine.drawn()[np.argmax(engine.cells.risk[engine.drawn()])])
    card = client.get(f"/api/cells/{h3cell.hex_of(engine.ground.cell[at])[0]}").json()
    assert card["risk"] == engine.cells.risk[at] / 1e6 and card["level"] == engine.cells.level[at]
    assert sum(c["share"] for c in card["contributors"]) + card["rest"]["share"] == pytest.approx(1, abs=1e-9)
    assert sum(d["residents"] for d in card["districts"]) == pytest.approx(card["residents"])
    assert client.get("/api/cells/hello").status_code == 422
    assert client.get(f"/api/cells/{h3cell.hex_of(h3cell.cells_of(0.0, 0.0))[0]}").status_code == 404


def test_what_if_answers_and_writes_nothing(client: TestClient, city) -> None:
    db, grader = city
    before = grader.graded.engine.digest()
    runs = lambda: client.get("/api/districts").json()["run"]["id"]  # noqa: E731
    run = runs()
    card = client.get("/api/districts/110101/grade").json()
    retire = [c["id"] for c in card["contributors"] if c["own"]][:2]
    body = {"district": "110101", "retire": retire}
    assert client.post("/api/whatif", json=body).status_code == 428
    answer = client.post("/api/whatif", json=body, headers=KEY).json()
    assert answer["before"]["d"] == card["d"] and answer["after"]["d"] < card["d"]
    assert grader.graded.engine.digest() == before and runs() == run
    assert client.post("/api/whatif", json={"district": "110101", "retire": [10**9]}, headers=KEY).status_code == 422
    assert client.post("/api/whatif", json={"district": "110101", "rectify": [10**9]}, headers=KEY).status_code == 422
    assert client.post("/api/whatif", json={"district": "x"}, headers=KEY).status_code == 422
    with db.as_user(OFFICER) as conn:
        danger = conn.execute("SELECT id, feature_id FROM hidden_danger_now WHERE state = 'listed' LIMIT 1").fetchone()
    if danger:
        district = db_district(db, danger["feature_id"])
        closed = client.post("/api/whatif", json={"district": district, "rectify": [danger["id"]]}, headers=KEY).json()
        assert closed["after"]["d"] < closed["before"]["d"]


def db_district(db: Database, feature: int) -> str:
    with db.as_user(OFFICER) as conn:
        return conn.execute("SELECT district_code AS d FROM feature WHERE id = %s", [feature]).fetchone()["d"]


def test_the_downgrade_list_says_what_it_is(client: TestClient) -> None:
    found = client.get("/api/districts/110101/downgrade").json()
    assert found["kind"] == "greedy" and found["before"]["computed"] is not None
    steps = found["items"]
    assert all(s["action"] in ("rectify", "retire") and s["name"] for s in steps)
    if steps:
        assert steps[-1]["d"] == found["after"]["d"]


def test_no_answer_of_the_engine_names_another_units_records(client: TestClient, stranger: TestClient) -> None:
    """The engine knows every record of the city; a reader learns of those the database shows them, and not a number of the rest."""
    whole = client.get("/api/districts/110101/grade").json()
    theirs = {c["id"] for c in whole["contributors"]} | {s["id"] for s in whole["confidence"]["stale"]}
    steps = client.get("/api/districts/110101/downgrade").json()
    theirs |= {s["id"] for s in steps["items"]}
    assert theirs and whole["confidence"]["stale"]
    card, falls = stranger.get("/api/districts/110101/grade").json(), stranger.get("/api/districts/110101/downgrade").json()
    assert card["d"] == whole["d"] and card["contributors"] == card["confidence"]["stale"] == falls["items"] == falls["overdue"] == []
    assert card["rest"]["count"] == whole["rest"]["count"] + len(whole["contributors"]) and falls["hidden"] == len(steps["items"])
    there, nowhere = (
        stranger.post("/api/whatif", json={"district": "110101", "retire": [id]}, headers=KEY) for id in (min(theirs), 10**9)
    )
    assert there.status_code == nowhere.status_code == 422
    assert there.json()["title"].replace(str(min(theirs)), "n") == nowhere.json()["title"].replace(str(10**9), "n")


@pytest.mark.parametrize("resolution", [5, 7, 8])
def test_a_coarser_cell_explains_itself_by_its_children(client: TestClient, city, resolution: int) -> None:
    engine = city[1].graded.engine
    table = drawn(engine, resolution)
    i = int(np.argmax(table.risk))
    card = client.get(f"/api/cells/{h3cell.hex_of(table.cell[i])[0]}").json()
    assert (card["resolution"], card["risk"], card["level"], card["worst"], card["sources"]) == (
        resolution,
        table.risk[i] / 1e6,
        table.level[i],
        table.worst[i],
        table.count[i],
    )
    assert sum(c["share"] for c in card["contributors"]) + card["rest"]["share"] == pytest.approx(1, abs=1e-9)
    assert card["count"] == len(card["contributors"]) + card["rest"]["count"] > 0
    if card["rest"]["count"] == 0:  # every share is listed: together they are D of the children
        assert sum(c["share_d"] for c in card["contributors"]) == pytest.approx(card["risk"], abs=2e-6)
    assert card["parts"]["product"] + card["parts"]["remainder"] == pytest.approx(card["risk"], abs=2e-6)
    assert sum(d["residents"] for d in card["districts"]) == pytest.approx(card["residents"])
    inside = h3cell.parent(engine.ground.cell, resolution) == table.cell[i]
    assert card["children"] == int(inside.sum())


def test_a_resolution_that_is_not_explained_is_refused_in_words(client: TestClient) -> None:
    nine = h3cell.cells_of(HERE.lon, HERE.lat)
    answer = client.get(f"/api/cells/{h3cell.hex_of(h3cell.parent(nine, 4))[0]}")
    assert answer.status_code == 422 and "5–9" in answer.json()["title"] and answer.json()["remedy"]


def test_what_if_may_be_asked_again_under_its_key(client: TestClient, city) -> None:
    card = client.get("/api/districts/110101/grade").json()
    body = {"district": "110101", "retire": [c["id"] for c in card["contributors"] if c["own"]][:1]}
    first, again = (client.post("/api/whatif", json=body, headers=KEY) for _ in range(2))
    other = client.post("/api/whatif", json={"district": "110101"}, headers=KEY)
    assert first.status_code == again.status_code == other.status_code == 200 and first.json() == again.json()
    assert (
        other.json()["after"]["d"] == other.json()["before"]["d"]
    )  # nothing is kept under a key: the answer is to this question
    with city[0].as_user(OFFICER) as conn:
        assert journal.recall(conn, OFFICER, KEY["Idempotency-Key"]) is None


def test_the_districts_of_a_past_day(client: TestClient, city, catalogue) -> None:
    db, grader = city
    tomorrow = (dt.date.today() + dt.timedelta(days=3)).isoformat()
    assert client.get("/api/districts", params={"as_of": tomorrow}).status_code == 422
    before = client.get("/api/districts", params={"as_of": "2026-01-01"}).json()
    assert before["as_of"] == "2026-01-01" and before["run"] is None and len(before["districts"]) == 16
    assert all(d["computed"] is None and d["d"] is None and d["rank_city"] is None for d in before["districts"])
    day = grader.graded.as_of
    current = client.get("/api/districts", params={"as_of": day.isoformat()}).json()
    assert current == client.get("/api/districts").json()
    with db.as_user(OFFICER) as conn:
        assert standings.closed(conn, day) is None
    closing.close(db, catalogue, day, dt.datetime.now(dt.UTC))
    with db.as_user(OFFICER) as conn:
        kept = standings.closed(conn, day)
    pure = ("code", "d", "t", "computed", "confidence", "rank_city", "rank_zone", "sources", "levels", "open", "overdue")
    assert [{k: d[k] for k in pure} for d in kept["districts"]] == [{k: d[k] for k in pure} for d in current["districts"]]
    assert kept["demo"] is False and any(d["computed"] for d in kept["districts"])
