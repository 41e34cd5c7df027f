"""A plan on roads: who goes by which way, looked at anew against the zone; cut off, out of reach, and without roads an estimate."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pytest
import shapely

from riskmap.core.actor import OPERATOR
from riskmap.core.response.area import Area
from riskmap.core.road.network import Network
from riskmap.flows import roads as journey
from riskmap.flows import route
from riskmap.store.database import Database
from tests.api.conftest import Client
from tests.api.test_incidents import LAT, LON, put
from tests.core.road.city import STEP, town

WEST, SOUTH = LON - 12 * STEP, LAT - 12 * STEP


def bring(db: Database, network: Network) -> int:
    facts = {"nodes": len(network.lon), "edges": len(network), "kilometres": 1.0, "factor": 0.6, "drive": {"share": 0.97}}
    brought = journey.Brought("试验路网", "试验 made up", dt.date(2026, 11, 1))
    return journey.keep(db, network, brought, "wgs84", facts, str(network.lon[0]), OPERATOR, dt.datetime.now(dt.UTC))[0]


@pytest.fixture
def place(db: Database) -> dict[str, int]:
    """An incident's place in the middle of a town: schools inside, shelters about, a team, a depot with blankets, an island far off."""
    ids = {"hazard": put(db, "major_hazard", "M1", LON, LAT, {"hazard_grade": "三级"})}
    ids["school"] = put(db, "protected_site", "P1", LON + 0.4 * STEP, LAT + 0.3 * STEP, {"site_kind": "school", "occupants": 500})
    ids["hospital"] = put(db, "protected_site", "P2", LON - 0.3 * STEP, LAT, {"site_kind": "hospital", "occupants": 80})
    ids["near"] = put(db, "shelter", "S1", LON + 8 * STEP, LAT + 0.4 * STEP, {"capacity": 300, "state": "normal"})
    ids["far"] = put(db, "shelter", "S2", LON - 9 * STEP, LAT - 7 * STEP, {"capacity": 900, "state": "normal"})
    ids["island"] = put(db, "shelter", "S3", WEST + 36 * STEP + 0.002, SOUTH, {"capacity": 900, "state": "normal"})
    ids["team"] = put(db, "rescue_team", "T1", LON - 8 * STEP, LAT + 6 * STEP, {"team_kind": "chemical", "duty_24h": True})
    ids["cut"] = put(db, "rescue_team", "T2", WEST + 36 * STEP + 0.001, SOUTH, {"team_kind": "chemical", "duty_24h": True})
    ids["depot"] = put(db, "depot", "D1", LON - 7 * STEP, LAT - 6 * STEP, {"depot_level": "district"})
    with db.as_user(OPERATOR, write=True) as conn:
        lot = conn.execute("""INSERT INTO stock_batch (feature_id, steward_org, supply_code, supply_name, unit, minimum_reserve, actor)
                              VALUES (%s, 1, '1110202', '毯子', '条', 100, 'operator') RETURNING id""", (ids["depot"],)).fetchone()  # fmt: skip
        conn.execute("INSERT INTO stock_movement (stock_id, steward_org, kind, quantity, actor) VALUES (%s, 1, 'receipt', 400, 'operator')",
                     (lot["id"],))  # type: ignore[index]  # fmt: skip
    return ids


def plan(client: Client, place: dict[str, int], **scenario: Any) -> dict[str, Any]:
    answer = client.post("/api/incidents/trial", json={"feature_id": place["hazard"], "kind": "accident.chemical",
                                                       "scenario": {"kind": "circle", "radius_m": 1500, "mode": "drive"} | scenario})  # fmt: skip
    assert answer.status_code == 200, answer.text
    return answer.json()["outcome"]


def test_ways_on_roads_with_their_verdict(client: Client, db: Database, place: dict[str, int]) -> None:
    bring(db, town(24, 1, WEST, SOUTH))
    made = plan(client, place)
    assert (
        made["roads"]["loaded"] and made["roads"]["valid_on"] == "2026-11-01" and not any("没有路网" in x for x in made["lacks"])
    )
    assert {a["shelter"]: a["people"] for a in made["assignment"]} == {place["near"]: 300, place["far"]: 200}
    zone = shapely.from_geojson(str(made["zone"]["shape"]).replace("'", '"'))
    by: dict[str, list[dict[str, Any]]] = {}
    for r in made["routes"]:
        by.setdefault(r["purpose"], []).append(r)
        line = shapely.from_geojson(str(r["geometry"]).replace("'", '"'))
        assert (
            (r["verdict"] == "clear") == (not line.intersects(zone))
            and r["minutes"] > 0
            and r["metres"] > 500
            and "路网" in r["assumes"]
        )
        assert line.coords[0] == pytest.approx((r["from"]["lon"], r["from"]["lat"]), abs=1e-6)
        assert line.coords[-1] == pytest.approx((r["to"]["lon"], r["to"]["lat"]), abs=1e-6)
    assert [(r["verdict"], r["inside"]) for r in by["people"]] == [
        ("crosses", "from")
    ] * 2  # they live inside: never called clear
    assert all(0 < r["inside_m"] < r["metres"] and r["crosses"]["at_m"] == 0 for r in by["people"])
    assert [(r["verdict"], r["from"]["id"]) for r in by["team"]] == [("crosses", place["team"])] and by["team"][0]["crosses"][
        "at_m"
    ] > 1000
    assert [(r["verdict"], r["from"]["id"], r["to"]["id"]) for r in by["supply"]] == [("clear", place["depot"], place["near"])]
    why = {t["id"]: (t["why"], t["seconds"]) for t in made["teams"]}
    assert why[place["cut"]][1] is None and "没有路线" in why[place["cut"]][0] and why[place["team"]][0] is None


def test_who_is_cut_off_has_no_way_and_it_is_said_why(client: Client, db: Database, place: dict[str, int]) -> None:
    bring(db, town(24, 1, WEST, SOUTH))
    only = plan(client, place, limit_m=1800)  # no shelter is so near
    assert only["assignment"] == [] and [(u["people"], u["why"]) for u in only["unmet"]] == [(500, "no_way")]
    bring(db, town(4, 3, LON + 0.3, LAT))  # roads somewhere else
    away = plan(client, place)
    assert away["assignment"] == [] and [u["why"] for u in away["unmet"]] == ["no_road"] and away["people"]["unmet"] is None
    assert {r["verdict"] for r in away["routes"]} <= {"none"} and all(t["seconds"] is None for t in away["teams"])


def test_without_roads_it_is_an_estimate_and_says_so(client: Client, place: dict[str, int]) -> None:
    made = plan(client, place)
    assert not made["roads"]["loaded"] and "估算" in made["roads"]["assumes"] and any("没有路网" in x for x in made["lacks"])
    assert {r["verdict"] for r in made["routes"]} == {"estimate"} and all(
        r["geometry"] is None and "估算" in r["assumes"] for r in made["routes"]
    )
    assert all(r["minutes"] is not None for r in made["routes"]) and {a["name"] for a in made["assumptions"]} >= {
        "detour",
        "speed_kmh",
    }


def test_another_network_is_taken_at_once(client: Client, db: Database, place: dict[str, int]) -> None:
    assert not plan(client, place)["roads"]["loaded"]
    first = bring(db, town(24, 1, WEST, SOUTH))
    assert plan(client, place)["roads"]["id"] == first
    time.sleep(0.01)
    network = town(24, 2, WEST, SOUTH)
    second = journey.keep(db, network, journey.Brought("第二版", "试验 made up", dt.date(2026, 11, 2)), "cgcs2000",
                          {"nodes": 1, "edges": 1, "kilometres": 1}, "h2", OPERATOR, dt.datetime.now(dt.UTC))[0]  # fmt: skip
    made = plan(client, place)
    assert (made["roads"]["id"], made["roads"]["name"], made["roads"]["datum"]) == (second, "第二版", "cgcs2000")


def test_people_of_a_cell_at_the_rim_are_not_called_clear(db: Database) -> None:
    """Its middle lies outside, they live inside; a team's or a depot's way that stays outside is clear all the same."""
    bring(db, town(24, 1, WEST, SOUTH))
    zone = Area(shapely.Point(LON, LAT).buffer(0.01), LON, LAT)
    start, goal = {"kind": "group", "name": "", "lon": LON + 6 * STEP, "lat": LAT}, {"kind": "shelter", "name": "", "lon": LON + 9 * STEP, "lat": LAT}
    asked = [{"purpose": p, "from": start, "to": goal, "mode": "drive", "inside": i} for p, i in (("people", "from"), ("supply", None))]
    with db.as_user(OPERATOR) as conn:
        held = journey.current(conn, dt.datetime.now(dt.UTC))
        people, supply = route.routes(conn, held, route.around(held, zone), zone, asked)
    assert (people["verdict"], people["crosses"]["at_m"], supply["verdict"], supply["crosses"]) == ("crosses", 0, "clear", None)
