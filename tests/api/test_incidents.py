"""Incidents over the real application: recorded, planned, held, closed; who may, who sees, what two at once get."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from fastapi import FastAPI

from riskmap import catalogue
from riskmap.api.app import create_app
from riskmap.core.actor import OFFICER, Actor
from riskmap.core.cell import cell_of
from riskmap.core.coordinates import LonLat
from riskmap.errors import Conflict
from riskmap.flows import incident
from riskmap.settings import settings
from riskmap.store import incidents
from riskmap.store.database import Database
from riskmap.store.query import Conn, jsonb
from tests.api.conftest import Client
from tests.api.people import Person, made

LON, LAT = 116.3381, 39.7271
COLUMNS = "layer, code, name, effective_level, district_code, geom, cell, attributes, steward_org, parent_id"
PLACE = "ST_SetSRID(ST_MakePoint(%s, %s), 4326), %s"


def put(
    db: Database,
    layer: str,
    code: str,
    lon: float,
    lat: float,
    attributes: dict[str, Any],
    parent: int | None = None,
    org: int = 1,
) -> int:
    with db.as_user(OFFICER, write=True) as conn:
        row = conn.execute(
            f"INSERT INTO feature ({COLUMNS}) VALUES (%s, %s, %s, 2, '110115', {PLACE}, %s, %s, %s) RETURNING id",
            (layer, code, f"{layer} {code}", lon, lat, cell_of(LonLat(lon, lat)), jsonb(attributes), org, parent),
        ).fetchone()
    assert row is not None
    return row["id"]


@pytest.fixture
def plant(db: Database) -> dict[str, int]:
    """A chlorine plant with shelters, a school, a hospital, a depot and teams around it."""
    ids = {"enterprise": put(db, "enterprise", "E1", LON, LAT, {})}
    ids["hazard"] = put(db, "major_hazard", "M1", LON, LAT, {"hazard_grade": "三级"}, parent=ids["enterprise"])
    ids["north"] = put(db, "shelter", "S1", LON, LAT + 0.045, {"capacity": 300, "state": "normal", "space": "outdoor"})
    ids["south"] = put(db, "shelter", "S2", LON, LAT - 0.045, {"capacity": 900, "state": "normal"})
    ids["unknown"] = put(db, "shelter", "S3", LON + 0.05, LAT, {"state": "normal"})
    ids["school"] = put(db, "protected_site", "P1", LON, LAT + 0.002, {"site_kind": "school", "occupants": 500})
    ids["hospital"] = put(db, "protected_site", "P2", LON + 0.002, LAT, {"site_kind": "hospital", "occupants": 80, "beds": 60})
    ids["depot"] = put(db, "depot", "D1", LON - 0.06, LAT, {"depot_level": "district"})
    ids["team"] = put(db, "rescue_team", "T1", LON - 0.07, LAT, {"team_kind": "chemical", "duty_24h": True})
    with db.as_user(OFFICER, write=True) as conn:
        conn.execute(
            "INSERT INTO holding (feature_id, steward_org, chemical, cas, design_max_t, actor) VALUES (%s, 1, '氯', '7782-50-5', 30, 'officer')",
            (ids["hazard"],),
        )
        lot = conn.execute(
            """INSERT INTO stock_batch (feature_id, steward_org, supply_code, supply_name, unit, minimum_reserve, actor)
               VALUES (%s, 1, '1110202', '毯子', '条', 100, 'officer') RETURNING id""",
            (ids["depot"],),
        ).fetchone()
        conn.execute(
            "INSERT INTO stock_movement (stock_id, steward_org, kind, quantity, actor) VALUES (%s, 1, 'receipt', 400, 'officer')",
            (lot["id"],),
        )  # type: ignore[index]
    return ids


CIRCLE = {"kind": "circle", "radius_m": 1000, "mode": "drive"}


def opened(client: Client, plant: dict[str, int], **more: Any) -> dict[str, Any]:
    answer = client.post(
        "/api/incidents", json={"feature_id": plant["hazard"], "kind": "accident.chemical", "exercise": True} | more
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_from_a_plant_to_a_plan(client: Client, plant: dict[str, int]) -> None:
    answer = client.post(
        "/api/incidents/trial",
        json={"feature_id": plant["enterprise"], "scenario": {"wind_ms": 3, "wind_from_deg": 180, "rate_kg_s": 0.9}},
    )
    assert answer.status_code == 200, answer.text
    plan = answer.json()["outcome"]
    assert plan["zone"]["kind"] == "plume" and plan["zone"]["substance"] == "氯"  # the enterprise's hazard's chlorine
    why = {s["id"]: s["why"] for s in plan["shelters"]}
    assert why[plant["north"]] in ("in_zone", "downwind") and why[plant["south"]] is None and why[plant["unknown"]] == "capacity"
    assert (
        plan["people"]["residents"] is None and plan["people"]["moving"] is None and any("定级" in x for x in plan["lacks"])
    )  # this process does not grade
    assert plan["people"]["placed"] == 500 and plan["assignment"][0]["shelter"] == plant["south"]  # the school
    assert {s["id"] for s in plan["sites"]} == {plant["school"], plant["hospital"]} and plan["people"]["helpless"] == 80
    blankets = next(s for s in plan["supplies"] if s["code"] == "blanket")
    assert (blankets["need"], blankets["allocated"], blankets["shortage"]) == (80, 80, 0)
    assert [t["id"] for t in plan["teams"]] == [plant["team"]] and plan["teams_lacking"] == ["fire", "medical"]
    assert client.get("/api/incidents").json()["items"] == []  # a trial writes nothing


def test_an_incident_is_kept_with_its_plan_numbered_and_hashed(client: Client, plant: dict[str, int]) -> None:
    told = opened(
        client, plant, scenario=CIRCLE, happened_at="2026-11-25T01:06:00+08:00", reported_at="2026-11-25T01:14:00+08:00"
    )
    assert told["plan"] == 1 and told["code"].startswith("SJ-")
    body = client.get(f"/api/incidents/{told['id']}").json()
    found, plan = body["incident"], body["plan"]
    assert (
        found["happened_at"] < found["reported_at"] < found["recorded_at"] and found["exercise"] and found["district"] == "大兴区"
    )
    assert plan["hash"] == incident.fingerprint(plan["inputs"], plan["outcome"]) and plan["number"] == 1
    assert client.post(f"/api/incidents/{told['id']}/plan", json={"kind": "circle", "radius_m": 2000}).json()["number"] == 2
    assert client.get(f"/api/incidents/{told['id']}", params={"plan": 1}).json()["plan"]["hash"] == plan["hash"]
    assert [line["move"] for line in client.get(f"/api/incidents/{told['id']}").json()["log"]] == ["plan", "plan", "open"]


def test_times_and_kinds_that_cannot_be_are_refused(client: Client, plant: dict[str, int]) -> None:
    later = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)).isoformat()
    for bad in (
        {"happened_at": later},
        {"happened_at": "2026-11-25T02:00:00+08:00", "reported_at": "2026-11-25T01:00:00+08:00"},
        {"kind": "accident"},
        {"kind": "x"},
        {"scenario": {"kind": "ring", "radius_m": 100, "inner_m": 200}},
        {"scenario": {"kind": "polygon", "polygon": [[116, 40], [117, 40]]}},
    ):
        answer = client.post("/api/incidents", json={"feature_id": plant["hazard"], "kind": "accident.chemical"} | bad)
        assert answer.status_code == 422, (bad, answer.text)
    assert client.post("/api/incidents", json={"kind": "accident.fire"}).status_code == 422
    assert client.get("/api/incidents").json()["items"] == []  # neither an incident nor half of one


def test_facts_are_known_better_and_the_level_follows(client: Client, plant: dict[str, int]) -> None:
    id = opened(client, plant)["id"]
    assert client.get(f"/api/incidents/{id}").json()["incident"]["facts"]["level"] is None  # nothing known, nothing proposed
    answer = client.post(
        f"/api/incidents/{id}/log", json={"move": "facts", "deaths": 3, "serious": 0}, headers={"If-Match": '"1"'}
    )
    assert answer.status_code == 200, answer.text
    facts = client.get(f"/api/incidents/{id}").json()["incident"]["facts"]
    assert (facts["level"], facts["level_least"], facts["kind"]) == (3, True, "accident.chemical")
    again = client.post(f"/api/incidents/{id}/log", json={"move": "facts", "deaths": 4}, headers={"If-Match": '"1"'})
    assert again.status_code == 409  # somebody else was quicker


def test_places_are_held_and_the_second_incident_sees_it(client: Client, db: Database, plant: dict[str, int]) -> None:
    first, second = (opened(client, plant, scenario=CIRCLE)["id"] for _ in range(2))
    assert client.post(f"/api/incidents/{first}/reservations", json={}).status_code == 201
    trial = client.post("/api/incidents/trial", json={"incident": second, "scenario": CIRCLE}).json()["outcome"]
    taken = {s["id"]: (s["free"], s["assigned"]) for s in trial["shelters"]}
    own = {s["id"]: s["assigned"] for s in client.get(f"/api/incidents/{first}").json()["plan"]["outcome"]["shelters"]}
    assert (
        sum(own.values()) == 500
        and taken[plant["south"]][0] == 900 - own[plant["south"]]
        and taken[plant["north"]][0] == 300 - own[plant["north"]]
    )
    # the second incident's first plan was made before: it wants the same places and gets what is left or nothing
    answer = client.post(f"/api/incidents/{second}/reservations", json={})
    fits = all(own[s] * 2 <= cap for s, cap in ((plant["north"], 300), (plant["south"], 900)))
    assert answer.status_code == (201 if fits else 409)
    held = client.get(f"/api/incidents/{second}").json()["reservations"]
    assert bool(held) == fits  # all or nothing
    assert client.post(f"/api/incidents/{first}/reservations", json={"state": "confirmed"}).json()["count"] == len(
        [n for n in own.values() if n]
    )
    assert client.post(f"/api/incidents/{first}/log", json={"move": "close", "note": "处置结束"}).status_code == 200
    assert {r["state"] for r in client.get(f"/api/incidents/{first}").json()["reservations"]} == {"released"}
    assert client.post(f"/api/incidents/{first}/plan", json=CIRCLE).status_code == 409


def held(conn: Conn, incident: int, shelter: int, places: int, until: dt.datetime) -> int:
    """Places of a shelter of 300."""
    given: dict[str, Any] = {"plan_id": None, "kind": "places", "supply_code": None, "unit": None, "out_of": Decimal(300)}
    now = dt.datetime.now(dt.UTC)
    return incidents.reserve(conn, incident_id=incident, feature_id=shelter, quantity=Decimal(places), expires_at=until, now=now, **given)


def test_twenty_at_once_never_hold_more_than_there_is(client: Client, db: Database, plant: dict[str, int]) -> None:
    id, now, done = opened(client, plant)["id"], dt.datetime.now(dt.UTC), []

    def hold() -> None:
        try:
            with db.as_user(OFFICER, write=True) as conn:
                held(conn, id, plant["north"], 40, now + dt.timedelta(hours=1))
            done.append(1)
        except Conflict:
            done.append(0)

    threads = [threading.Thread(target=hold) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sum(done), len(done)) == (7, 20)  # 7 × 40 of 300


def test_a_reservation_that_expired_holds_nothing(client: Client, db: Database, plant: dict[str, int]) -> None:
    id, now = opened(client, plant)["id"], dt.datetime.now(dt.UTC)
    with db.as_user(OFFICER, write=True) as conn:
        held(conn, id, plant["north"], 300, now - dt.timedelta(seconds=1))
    with db.as_user(OFFICER) as conn:
        assert incidents.reserved(conn) == {}
    assert client.post(f"/api/incidents/{id}/reservations", json={"state": "confirmed"}).status_code == 409


@pytest.fixture
def app(db: Database) -> Iterator[FastAPI]:
    yield create_app(settings(), db, grading=False)


def test_who_commands_and_who_reads(app: FastAPI, db: Database, plant: dict[str, int]) -> None:
    for login, role, org in (
        ("zhi", "commander", "110000"),
        ("da", "district_clerk", "110115"),
        ("chao", "district_clerk", "110105"),
        ("ji", "auditor", "110000"),
    ):
        made(db, login, role, org)
    at = {login: Person(app).signed(login) for login in ("zhi", "da", "chao", "ji")}
    answer = at["zhi"].post(
        "/api/incidents", json={"feature_id": plant["hazard"], "kind": "accident.chemical", "scenario": CIRCLE}
    )
    assert answer.status_code == 201, answer.text
    id = answer.json()["id"]
    for login in ("da", "chao", "ji"):
        assert (
            at[login].post("/api/incidents", json={"feature_id": plant["hazard"], "kind": "accident.chemical"}).status_code == 403
        )
        assert at[login].post("/api/incidents/trial", json={"lon": LON, "lat": LAT}).status_code == 403
    assert at["chao"].get(f"/api/incidents/{id}").json()["incident"]["facts"]["title"]  # all staff know of it
    assert at["chao"].get(f"/api/incidents/{id}").json()["plan"] is None  # the plan names other units' records
    assert at["ji"].get(f"/api/incidents/{id}").status_code == 403 and at["zhi"].get("/api/incidents/999").status_code == 404


def test_the_units_a_plan_touches_read_it(db: Database, client: Client, plant: dict[str, int]) -> None:
    with db.as_user(OFFICER, write=True) as conn:
        org = conn.execute("SELECT id FROM org WHERE code = '110115'").fetchone()["id"]  # type: ignore[index]
    put(db, "protected_site", "P3", LON, LAT + 0.003, {"site_kind": "school", "occupants": 5}, org=org)
    id = opened(client, plant, scenario=CIRCLE)["id"]
    layers = catalogue.load(settings().layers_dir, settings().data_dir / "codes")
    assert layers.staff_layers()
    for asker, sees in ((org, True), (org + 1, False)):
        with db.as_user(Actor("x", "x", "district_clerk", asker, "org", (asker,))) as conn:
            assert (incidents.plan(conn, id) is not None) is sees


def test_nothing_is_changed_or_taken_away_and_all_is_audited(db: Database, client: Client, plant: dict[str, int]) -> None:
    id = opened(client, plant, scenario=CIRCLE)["id"]
    client.post(f"/api/incidents/{id}/log", json={"note": "风向改变"})
    for table in ("incident", "incident_log", "plan", "reservation"):
        with pytest.raises(Exception), db.as_user(OFFICER, write=True) as conn:  # noqa: B017 - whatever refuses
            conn.execute(f"DELETE FROM {table}")
        if table != "reservation":
            with pytest.raises(Exception), db.as_user(OFFICER, write=True) as conn:  # noqa: B017
                conn.execute(f"UPDATE {table} SET actor = 'x'")
    with db.as_user(OFFICER) as conn:
        told = [
            r["operation"]
            for r in conn.execute(
                "SELECT operation FROM audit WHERE object_id = %s AND operation LIKE 'incident.%%' ORDER BY id", (id,)
            ).fetchall()
        ]
        events = conn.execute("SELECT count(*) AS n FROM event WHERE kind = 'incident.changed'").fetchone()
    assert told == ["incident.open", "incident.plan", "incident.note"] and events == {"n": 3}


def test_a_repeat_with_the_same_key_has_one_effect(client: Client, plant: dict[str, int]) -> None:
    body, key = (
        {"feature_id": plant["hazard"], "kind": "accident.chemical", "scenario": CIRCLE},
        {"Idempotency-Key": "one-and-the-same"},
    )
    first, again = (client.post("/api/incidents", json=body, headers=key) for _ in range(2))
    assert first.json() == again.json() and len(client.get("/api/incidents").json()["items"]) == 1
