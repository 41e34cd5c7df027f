"""The parts of a plan: what is assumed is told, nobody downwind is called safe, what is short is short to the piece."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pyproj import Geod

from riskmap.catalogue import response
from riskmap.core.response import crowd, refuge, supply, team
from riskmap.core.response.area import area
from riskmap.core.response.crowd import Group
from riskmap.core.response.scenario import Given, Holding, hole_kg_s, settle
from riskmap.core.response.severity import proposed
from riskmap.core.response.substance import find
from riskmap.core.response.travel import DETOUR, travel
from riskmap.errors import BadInput
from riskmap.settings import ROOT

TABLES = response(ROOT / "data" / "codes")
LON, LAT = 116.4318, 39.7868
NIGHT = dt.datetime(2026, 11, 23, 21, 6, tzinfo=dt.timezone(dt.timedelta(hours=8)))
GEOD = Geod(ellps="WGS84")
CHLORINE = [Holding("氯", "7782-50-5", 30.0), Holding("氯化氢", "7647-01-0", 5.0)]


def settled(given: Given = Given(), holdings: list[Holding] = CHLORINE):  # noqa: B008 - frozen
    return settle(given, holdings, TABLES.substances, NIGHT, LON, LAT, chemical=True)


def at(bearing: float, metres: float) -> tuple[float, float]:
    lon, lat, _ = GEOD.fwd(LON, LAT, bearing, metres)
    return lon, lat


def shelter(bearing: float, metres: float, **more: Any) -> dict[str, Any]:
    lon, lat = at(bearing, metres)
    return {
        "id": 1,
        "name": "n",
        "lon": lon,
        "lat": lat,
        "capacity": 500,
        "state": "normal",
        "occupied": None,
        "reserved": 0,
    } | more


# substances and scenario


def test_every_substance_holds_together() -> None:
    assert len(TABLES.substances) >= 40
    for s in TABLES.substances:
        known = [v for v in s.levels_ppm if v is not None]
        assert known == sorted(known), s.zh  # each level is worse than the one before
        assert s.model in ("plume", "fireball", "blast", "liquid")
        if s.model == "plume":
            assert s.levels_ppm[1] and s.molar_g > 1
        if s.model in ("fireball", "blast"):
            assert s.heat_mj_kg
        digits = s.cas.replace("-", "")
        assert sum(i * int(d) for i, d in enumerate(reversed(digits[:-1]), 1)) % 10 == int(digits[-1]), s.cas
    assert find(TABLES.substances, "液氯").zh == "氯" and find(TABLES.substances, None, "7664-41-7").zh == "氨"  # type: ignore[union-attr]
    assert find(TABLES.substances, "没有的东西") is None


def test_with_nothing_given_the_worst_is_assumed_and_each_guess_is_told() -> None:
    s = settled()
    told = {a["name"]: a for a in s.assumptions}
    assert s.kind == "plume" and told["substance"]["value"] == "氯" and told["mass_t"]["value"] == 30
    hole = 0.61 * math.pi * 0.05**2 * math.sqrt(2 * 1410 * 570_000)  # Cd A √(2 ρ Δp)
    assert hole_kg_s(s.substance) == pytest.approx(hole)  # type: ignore[arg-type]
    assert s.rate_kg_s == pytest.approx(max(hole, 30_000 / 600), rel=1e-5) and told["rate_kg_s"]["basis"] == "default"
    assert (s.wind_ms, s.wind_from_deg, s.stability) == (None, None, "F")
    assert all(a["basis"] in ("given", "record", "default", "computed") for a in s.assumptions)
    assert all(told[k]["note"] for k in ("rate_kg_s", "wind_ms", "stability", "terrain"))
    assert any("比空气重" in w for w in s.warnings)


def test_what_is_given_stands_before_what_is_assumed() -> None:
    s = settled(Given(rate_kg_s=0.9, wind_ms=2.0, wind_from_deg=156.0, stability="D", terrain="urban", mass_t=2))
    told = {a["name"]: a for a in s.assumptions}
    assert {told[k]["basis"] for k in ("rate_kg_s", "wind_ms", "wind_from_deg", "stability", "terrain", "mass_t")} == {"given"}


def test_a_wind_observed_long_ago_is_no_wind() -> None:
    s = settled(Given(wind_ms=3.0, wind_from_deg=90.0, wind_at=NIGHT - dt.timedelta(minutes=61)))
    assert s.wind_ms is None and any("一小时" in w for w in s.warnings)
    assert settled(Given(wind_ms=3.0, wind_from_deg=90.0, wind_at=NIGHT - dt.timedelta(minutes=59))).wind_ms == 3.0


@pytest.mark.parametrize("name", ["没有毒性数据的物质", "汽油"])
def test_a_substance_without_levels_gets_a_stated_circle_and_says_so(name: str) -> None:
    s = settled(holdings=[Holding(name, None, 100.0)])
    assert s.kind == "circle" and s.radius_m == 1000 and any(name in w for w in s.warnings)
    with pytest.raises(BadInput):
        settled(Given(kind="plume"), [Holding(name, None, 100.0)])


@pytest.mark.parametrize(
    "bad", [{"radius_m": 1}, {"wind_ms": -1}, {"wind_from_deg": 361}, {"rate_kg_s": math.nan}, {"level": 4}, {"days": 0}]
)
def test_numbers_that_cannot_be_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        settled(Given(**bad))


# zone and shelters


@given(st.floats(0, 360), st.floats(-30, 30), st.floats(1.5, 15), st.floats(100, 40_000))
@examples(max_examples=150)
def test_a_shelter_within_thirty_degrees_of_the_axis_is_never_called_safe(
    wind_from: float, off: float, wind: float, metres: float
) -> None:
    """20° off the axis, near or far: struck out, with the reason."""
    zone = area(settled(Given(rate_kg_s=0.9, wind_ms=wind, wind_from_deg=wind_from, terrain="urban")), LON, LAT)
    (found,) = refuge.judged([shelter(wind_from + 180 + off, metres)], zone)
    assert found["why"] in refuge.STRUCK


def test_wind_turned_by_ninety_degrees_changes_who_is_struck() -> None:
    near = [shelter(bearing, 3000, id=bearing) for bearing in range(0, 360, 10)]
    struck = {}
    for wind in (0.0, 90.0):
        zone = area(settled(Given(rate_kg_s=0.9, wind_ms=3.0, wind_from_deg=wind, terrain="urban")), LON, LAT)
        struck[wind] = {s["id"] for s in refuge.judged(near, zone) if s["why"] in refuge.STRUCK}
    assert 180 in struck[0.0] and 270 in struck[90.0] and 0 not in struck[0.0] and 90 not in struck[90.0]
    assert {(i + 90) % 360 for i in struck[0.0]} == struck[90.0]


def test_with_no_wind_the_circle_is_the_zone_and_says_where_the_model_ends() -> None:
    s = settled()
    zone = area(s, LON, LAT)
    inside, outside = refuge.judged([shelter(10, 9_900, id=1), shelter(10, 10_200, id=2)], zone)
    assert (inside["why"], outside["why"]) == ("in_zone", None)
    assert any("10 km" in w for w in s.warnings)


@pytest.mark.parametrize(
    ("more", "why", "free"),
    [
        ({"capacity": None}, "capacity", None),
        ({"state": "closed"}, "closed", 500),
        ({"state": "full"}, "full", 500),
        ({"state": "opened"}, "occupied", None),
        ({"state": "opened", "occupied": 120}, None, 380),
        ({"reserved": 200}, None, 300),
        ({"reserved": 900}, "taken", 0),
        ({"lon": None, "lat": None}, "place", 500),
        ({}, None, 500),
    ],
)
def test_what_is_not_known_is_never_taken_for_free(more: dict[str, Any], why: str | None, free: int | None) -> None:
    zone = area(settled(Given(kind="circle", radius_m=500)), LON, LAT)
    (found,) = refuge.judged([shelter(0, 3000, **more)], zone)
    assert (found["why"], found["free"]) == (why, free)


# people


@given(st.data())
@examples(max_examples=60)
def test_nobody_is_lost_and_no_shelter_is_overfilled(data: st.DataObject) -> None:
    place = st.tuples(st.floats(116.3, 116.6), st.floats(39.7, 39.9))
    groups = [
        Group("g", data.draw(st.integers(0, 3000)), *data.draw(place), "110115") for _ in range(data.draw(st.integers(1, 12)))
    ]
    zone = area(settled(Given(kind="circle", radius_m=500)), LON, LAT)
    rows = [
        dict(zip(("lon", "lat"), data.draw(place), strict=True))
        | {
            "id": i,
            "capacity": data.draw(st.none() | st.integers(1, 4000)),
            "state": "normal",
            "occupied": None,
            "reserved": data.draw(st.integers(0, 500)),
        }
        for i in range(data.draw(st.integers(0, 8)))
    ]
    shelters = refuge.judged(rows, zone)
    done, way, offered = crowd.sent(groups, shelters, "walk", 5000.0)
    for j, i in enumerate(offered):
        assert shelters[i]["why"] is None and int(done.people[done.shelter == j].sum()) <= shelters[i]["free"]
    for g, group in enumerate(groups):
        assert int(done.people[done.group == g].sum()) + int(done.unmet[g]) == group.people
    assert all(way.metres[g, j] <= 5000 for g, j in zip(done.group.tolist(), done.shelter.tolist(), strict=True))


def test_ways_are_the_straight_line_times_the_stated_factor() -> None:
    lon, lat = at(37, 4000)
    way = travel(np.array([LON]), np.array([LAT]), np.array([lon]), np.array([lat]), "walk")
    assert way.metres[0, 0] == pytest.approx(4000 * DETOUR, rel=4e-3) and way.estimated
    assert way.seconds[0, 0] == pytest.approx(way.metres[0, 0] / 4000 * 3600)
    assert np.isnan(travel(np.array([LON]), np.array([LAT]), np.array([lon]), np.array([lat]), "walk", 5000.0).metres[0, 0])


# supplies

TODAY = dt.date(2026, 11, 25)
WATER = next(n for n in TABLES.norms if n.code == "water")
BLANKET = next(n for n in TABLES.norms if n.code == "blanket")


def lot(
    id: int, quantity: int, expires: dt.date | None = dt.date(2027, 1, 1), minimum: int = 0, promised: int = 0
) -> dict[str, Any]:
    return {
        "id": id,
        "quantity": Decimal(quantity),
        "expires_on": expires,
        "minimum": Decimal(minimum),
        "promised": Decimal(promised),
    }


def test_needs_by_norm() -> None:
    assert supply.need(WATER, 12_480, 3) == 12_480 * 3 * 3
    assert supply.need(next(n for n in TABLES.norms if n.code == "tent"), 7, 3) == 2  # 1.75, whole tents


def test_reserve_expiry_promise_and_packs() -> None:
    code = WATER.supplies[0]
    stock = {
        (1, code, "箱"): [
            lot(1, 50, dt.date(2026, 11, 24), 20),
            lot(2, 60, dt.date(2026, 12, 1), 20, 5),
            lot(3, 40, dt.date(2027, 6, 1), 20, 5),
            lot(4, 9, None, 20, 5),
        ],
        (1, code, "提"): [lot(5, 9)],
    }
    met = supply.allocate(WATER, Decimal(1200), stock, [1], [], TABLES.packs, TODAY)
    # 100 good cases, 20 stay, 5 are promised: 75 cases of 12 litres, the earliest first; the lot without a date is water and not taken
    assert met.allocated == 900 and met.shortage == 300 and met.shares[0].pieces == 75
    assert met.shares[0].lots == [(2, Decimal(60)), (3, Decimal(15))] and met.unknown == [(code, "提")]


lots = st.lists(
    st.builds(
        lot,
        st.integers(1, 99),
        st.integers(0, 500),
        st.none() | st.dates(dt.date(2026, 1, 1), dt.date(2028, 1, 1)),
        st.integers(0, 300),
    ),
    max_size=4,
)


@given(st.dictionaries(st.tuples(st.integers(1, 6), st.just(BLANKET.supplies[0]), st.just("条")), lots), st.integers(0, 3000))
def test_short_is_what_is_needed_less_what_is_given_and_no_depot_goes_under_its_reserve(
    stock: dict[Any, Any], wanted: int
) -> None:
    met = supply.allocate(BLANKET, Decimal(wanted), stock, [1, 2, 3], [4, 5, 6], TABLES.packs, TODAY)
    assert met.shortage == wanted - met.allocated == wanted - sum(s.worth for s in met.shares) and met.shortage >= 0
    for share in met.shares:
        own = stock[(share.depot, share.supply_code, share.unit)]
        good = sum(x["quantity"] for x in own if x["expires_on"] is None or x["expires_on"] >= TODAY)
        assert share.depot <= 3 and good - share.pieces >= max(x["minimum"] for x in own)
        assert sum(n for _, n in share.lots) == share.pieces
    if met.shortage:  # nothing was left lying near by
        assert all(
            supply.available(own, TODAY, False)[0] == sum(s.pieces for s in met.shares if s.depot == d)
            for (d, _, _), own in stock.items()
            if d <= 3
        )


# teams and level


def test_a_nearer_team_that_is_not_called_is_told_with_the_reason() -> None:
    zone = area(settled(Given(kind="circle", radius_m=2000)), LON, LAT)
    rows = [
        shelter(0, m, id=i, kind="chemical", duty_24h=duty)
        for i, m, duty in ((1, 1000, True), (2, 3000, False), (3, 4000, True), (4, 5000, None), (5, 6000, True))
    ]
    found, lacking = team.called(rows, ["chemical", "mine"], zone)
    assert [(t["id"], t["why"] is None) for t in found] == [(1, False), (2, False), (3, True), (4, True)] and lacking == ["mine"]
    assert "影响区" in found[0]["why"] and "24" in found[1]["why"]


@pytest.mark.parametrize(
    ("known", "level", "least"),
    [
        ((None, None, None), None, True),
        ((0, 0, 0), 4, False),
        ((2, 9, 999.9), 4, False),
        ((3, 0, 0), 3, False),
        ((0, 10, 0), 3, False),
        ((0, 0, 1000), 3, False),
        ((10, 0, 0), 2, False),
        ((0, 50, 0), 2, False),
        ((0, 0, 5000), 2, False),
        ((29, 99, 9999), 2, False),
        ((30, None, None), 1, False),
        ((0, 100, 0), 1, False),
        ((0, None, None), 4, True),
        ((None, None, 10_000), 1, False),
    ],
)
def test_level_by_decree_493(known: tuple[Any, Any, Any], level: int | None, least: bool) -> None:
    found = proposed(*known)
    assert (found.level, found.least) == (level, least)
