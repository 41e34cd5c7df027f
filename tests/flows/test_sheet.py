"""A plan as sections of plain text: every number of the plan is in it, what is not known says so, both languages."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from riskmap import catalogue
from riskmap.core.actor import OFFICER
from riskmap.core.response.scenario import Given
from riskmap.flows import respond
from riskmap.flows.register import Desk
from riskmap.flows.sheet import sheet
from riskmap.settings import settings
from riskmap.store.database import Database
from riskmap.store.places import gazetteer
from tests.api.test_incidents import plant  # noqa: F401

NOW = dt.datetime(2026, 11, 25, 4, 0, tzinfo=dt.UTC)


@pytest.fixture
def desk(db: Database) -> Desk:
    with db.as_user(OFFICER) as conn:
        return Desk(catalogue.load(settings().layers_dir, settings().data_dir / "codes"), gazetteer(conn), 100)


def planned(db: Database, desk: Desk, id: int, given: Given) -> dict[str, Any]:
    with db.as_user(OFFICER) as conn:
        place = respond.place_of(conn, desk, id)
        return respond.made(conn, desk, None, place, given, "accident.chemical", None, NOW)["outcome"]


def section(told: dict[str, Any], key: str) -> dict[str, Any]:
    return next(one for one in told["sections"] if one["key"] == key)


def part(told: dict[str, Any], key: str, kind: str = "table") -> dict[str, Any]:
    return next(p for one in told["sections"] for p in one["parts"] if p["kind"] == kind and p.get("key", key) == key)


def test_every_number_of_the_plan_is_on_the_sheet(db: Database, desk: Desk, plant: dict[str, int]) -> None:  # noqa: F811
    plan = planned(db, desk, plant["hazard"], Given(wind_ms=3, wind_from_deg=180, rate_kg_s=0.9))
    told = sheet(desk, plan, None, None, english=False)
    keys = ["incident", "map", "people", "zone", "sites", "shelters", "struck", "supplies", "teams", "sources", "unknowns", "assumptions"]
    assert [one["key"] for one in told["sections"]] == keys
    figures = {x["key"]: x["value"] for x in section(told, "people")["parts"][0]["items"]}
    assert figures == {"moving": "未知", "placed": "500", "unmet": "未知"}  # nobody graded: residents are not known, and no 0 says so
    row = next(r for r in part(told, "shelters")["rows"] if r["id"] == plant["south"])
    assert row["cells"][:3] == ["shelter S2", "500", "400"] and row["cells"][5] == "估算，未核查"
    struck = {x.get("id"): x["tone"] for x in part(told, "struck", "lines")["items"]}
    assert struck[plant["north"]] == "struck" and struck[plant["unknown"]] == ""
    sites = {r["cells"][0]: r["cells"][1:] for r in part(told, "sites")["rows"]}
    assert sites == {"protected_site P1": ["学校", "500", ""], "protected_site P2": ["医疗机构", "80", "床位 60"]}
    for need in plan["supplies"]:
        row = next(r for r in part(told, "supplies")["rows"] if r["cells"][0] == need["zh"])
        assert [float(x.replace(",", "")) for x in row["cells"][2:5]] == [need["need"], need["allocated"], need["shortage"]]
        assert (row["tone"] == "bad") == (need["shortage"] > 0)
    assert [x["text"] for x in part(told, "unknowns", "lines")["items"]] == [x.split(" / ")[0] for x in [*plan["warnings"], *plan["lacks"]]]
    assert [r["key"] for r in part(told, "assumptions")["rows"]] == [a["name"] for a in plan["assumptions"]]
    assert {r["cells"][1] for r in part(told, "assumptions")["rows"]} >= {"氯", "S 180°", "3 m/s", "0.9 kg/s"}


def test_the_sheet_in_english_has_no_chinese_but_names(db: Database, desk: Desk, plant: dict[str, int]) -> None:  # noqa: F811
    plan = planned(db, desk, plant["hazard"], Given(kind="circle", radius_m=1000))
    texts: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, str):
            texts.append(value)
        for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(one)

    walk(sheet(desk, plan, None, None, english=True))
    assert [x for x in texts if any("\u4e00" <= sign <= "\u9fff" for sign in x) and "氯" not in x] == []


def test_names_values_and_bases_are_all_worded(db: Database, desk: Desk, plant: dict[str, int]) -> None:  # noqa: F811
    for given in (Given(), Given(kind="ring", radius_m=3000, inner_m=100), Given(substance="氨", mass_t=5),
                  Given(kind="fireball", substance="丙烷", mass_t=20), Given(kind="blast", substance="丙烷", mass_t=20)):  # fmt: skip
        told = sheet(desk, planned(db, desk, plant["hazard"], given), None, None, english=True)
        for row in part(told, "assumptions")["rows"]:
            assert row["cells"][0] != row["key"] and row["cells"][2] not in ("given", "record", "default", "computed")


def test_every_piece_that_leaves_a_depot_is_told(db: Database, desk: Desk, plant: dict[str, int]) -> None:  # noqa: F811
    plan = planned(db, desk, plant["hazard"], Given(kind="circle", radius_m=1000, mode="drive"))
    told = {r["id"]: r["cells"][1] for r in part(sheet(desk, plan, None, None, english=False), "depots")["rows"]}
    assert [x for s in plan["supplies"] for x in s["shares"]] and set(told) == {x["depot"] for s in plan["supplies"] for x in s["shares"]}
    for s in plan["supplies"]:
        for x in s["shares"]:
            assert f"{s['zh']} {x['pieces']:,.0f} {x['unit']}" in told[x["depot"]]


@pytest.mark.parametrize("beyond", [False, True])
def test_where_the_model_ends_the_zone_is_said_to_reach_further(db: Database, desk: Desk, plant: dict[str, int], beyond: bool) -> None:  # noqa: F811
    plan = planned(db, desk, plant["hazard"], Given(wind_ms=3, wind_from_deg=180, rate_kg_s=0.9))
    for level in plan["zone"]["levels"]:
        level["beyond"] = beyond
    facts = {r["label"]: r["value"] for r in section(sheet(desk, plan, None, None, english=False), "zone")["parts"][0]["rows"]}
    assert facts["最远"].startswith("> ") == beyond
