"""Each model against values worked out apart from it, its range, and what physics says of its direction."""

from __future__ import annotations

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.core.consequence import blast, fire, plume, stability
from riskmap.core.consequence.plume import SIGMA, Plume
from riskmap.errors import BadInput

BEIJING = dt.timezone(dt.timedelta(hours=8))
classes = st.sampled_from(stability.CLASSES)
terrains = st.sampled_from(["rural", "urban"])
rates, winds = st.floats(0.01, 500), st.floats(0, 20)


# plume

@pytest.mark.parametrize(("terrain", "letter", "x", "sy", "sz"), [
    # 0.08·1000/√1.1 and 0.06·1000/√2.5
    ("rural", "D", 1000, 76.2770, 37.9473),
    # 0.04·1000/√1.1 and 0.016·1000/1.3
    ("rural", "F", 1000, 38.1385, 12.3077),
    # 0.16·1000/√1.4 and 0.14·1000/√1.3
    ("urban", "D", 1000, 135.2247, 122.7881),
    # 0.32·500/√1.2 and 0.24·500·√1.5: Briggs' 0.001, not the misprint
    ("urban", "A", 500, 146.0593, 146.9694),
])  # fmt: skip
def test_widths_as_worked_by_hand(terrain: str, letter: str, x: float, sy: float, sz: float) -> None:
    assert Plume(1, 5, letter, terrain).sigma(x) == pytest.approx((sy, sz), rel=1e-5)  # type: ignore[arg-type]


def test_concentration_as_worked_by_hand() -> None:
    p = Plume(1.0, 5.0, "D", "rural")
    u = 5 * 0.3**0.142
    assert p.carried_ms == pytest.approx(u)
    assert p.concentration(1000) == pytest.approx(1e6 / (math.pi * u * 76.27700713964739 * 37.94733192202055), rel=1e-12)
    assert p.concentration(1000, 76.27700713964739) == pytest.approx(p.concentration(1000) * math.exp(-0.5), rel=1e-12)
    assert p.concentration(1000, 0, 37.94733192202055) == pytest.approx(p.concentration(1000) * math.exp(-0.5), rel=1e-12)


def test_what_passes_is_what_was_let_out() -> None:
    """Through any plane across the wind goes the release rate: ∫∫ C u dy dz = Q."""
    import numpy as np

    p = Plume(2.0, 4.0, "C", "urban")
    sy, sz = p.sigma(800)
    y, z = np.linspace(-8 * sy, 8 * sy, 801), np.linspace(0, 8 * sz, 801)
    c = np.array([[p.concentration(800, a, b) for a in y[::20]] for b in z[::20]])
    flow = np.trapezoid(np.trapezoid(c, y[::20], axis=1), z[::20]) * p.carried_ms
    assert flow / 1e6 == pytest.approx(2.0, rel=2e-3)


@given(rates, winds, classes, terrains, st.floats(1, 1e5))
def test_the_reach_is_where_the_level_is_met(rate: float, wind: float, letter: str, terrain: str, level: float) -> None:
    p = Plume(rate, wind, letter, terrain)  # type: ignore[arg-type]
    met = p.reach(level)
    if met.below:
        assert met.distance_m == 100 and p.concentration(100) < level
    elif met.beyond:
        assert met.distance_m == 10_000 and p.concentration(10_000) >= level
    else:
        assert p.concentration(met.distance_m) == pytest.approx(level, rel=1e-9)
        assert p.half_width(met.distance_m, level) == pytest.approx(0, abs=p.sigma(met.distance_m)[0] * 1e-3)


@given(rates, rates, winds, classes, terrains, st.floats(1, 1e5))
def test_more_let_out_reaches_further_and_a_lower_level_too(a: float, b: float, wind: float, letter: str, terrain: str, level: float) -> None:
    small, big = sorted((a, b))
    assert Plume(small, wind, letter, terrain).reach(level).distance_m <= Plume(big, wind, letter, terrain).reach(level).distance_m  # type: ignore[arg-type]
    assert Plume(a, wind, letter, terrain).reach(level).distance_m <= Plume(a, wind, letter, terrain).reach(level / 2).distance_m  # type: ignore[arg-type]


@pytest.mark.parametrize("terrain", SIGMA)
def test_a_steadier_air_carries_further(terrain: str) -> None:
    reaches = [Plume(1, 3, c, terrain).reach(100).distance_m for c in stability.CLASSES]  # type: ignore[arg-type]
    assert reaches == sorted(reaches) and reaches[0] < reaches[-1]


@pytest.mark.parametrize("x", [0, 99.9, 10_000.1, -5, math.inf])
def test_outside_its_range_the_plume_does_not_answer(x: float) -> None:
    with pytest.raises(BadInput):
        Plume(1, 5, "D", "rural").sigma(x)


@pytest.mark.parametrize("bad", [(0, 5), (-1, 5), (math.nan, 5), (1, -1), (1, math.nan), (1, 200)])
def test_bad_inputs_are_refused(bad: tuple[float, float]) -> None:
    with pytest.raises(BadInput):
        Plume(*bad, "D", "rural")


def test_ppm() -> None:
    assert plume.mg_m3(20, 70.906) == pytest.approx(58.0, rel=1e-3)  # chlorine: 1 ppm = 2.90 mg/m³
    assert plume.mg_m3(1100, 17.031) == pytest.approx(766.2, rel=1e-3)  # ammonia


# stability

@pytest.mark.parametrize(("wind", "sun", "cloud", "letter"), [
    (1.0, 70, 2, "A"), (2.5, 70, 2, "B"), (3.5, 70, 2, "B"), (5, 70, 2, "C"), (8, 70, 2, "C"), (5, 40, 2, "D"), (8, 20, 8, "D"),
    (2.5, 20, 0, "C"), (1.0, -10, 0, "F"), (2.5, -10, 0, "F"), (2.5, -10, 6, "E"), (3.5, -10, 0, "E"), (3.5, -10, 6, "D"), (9, -10, 0, "D"),
])  # fmt: skip
def test_stability_by_the_table(wind: float, sun: float, cloud: int, letter: str) -> None:
    assert stability.stability(wind, sun, cloud) == letter


@given(st.floats(0, 20), st.floats(-60, 80), st.integers(0, 8))
def test_unknown_cloud_is_never_milder_than_any_known(wind: float, sun: float, cloud: int) -> None:
    assert stability.stability(wind, sun, None) >= stability.stability(wind, sun, cloud)


def test_the_sun_over_beijing() -> None:
    lon, lat = 116.39, 39.9
    summer = stability.sun_height(dt.datetime(2026, 6, 21, 12, 16, tzinfo=BEIJING), lon, lat)
    winter = stability.sun_height(dt.datetime(2026, 12, 22, 12, 13, tzinfo=BEIJING), lon, lat)
    assert summer == pytest.approx(90 - 39.9 + 23.44, abs=0.5) and winter == pytest.approx(90 - 39.9 - 23.44, abs=0.5)
    assert stability.sun_height(dt.datetime(2026, 3, 21, 0, 0, tzinfo=BEIJING), lon, lat) < -45


# blast

def test_the_published_check_value() -> None:
    assert blast.overpressure_kpa(500, 10_000) == pytest.approx(5.0549639655, rel=1e-9)


@pytest.mark.parametrize(("kpa", "z"), [(5, 23.407), (6.9, 18.134), (13.8, 10.575), (20.7, 7.925), (34.5, 5.710), (68.9, 3.876)])
def test_scaled_distances_as_tabulated(kpa: float, z: float) -> None:
    assert blast.blast_reach(kpa, 1.0).distance_m == pytest.approx(z, abs=6e-4)
    assert blast.blast_reach(kpa, 1000.0).distance_m == pytest.approx(10 * z, abs=6e-3)  # Hopkinson: by the cube root


def test_tnt() -> None:
    assert blast.tnt_kg(10_000, 46.3, 0.1) == pytest.approx(10_000 * 46.3 * 0.1 / 4.5)


@given(st.floats(1, 1e6), st.floats(0.3, 190), st.floats(1.0001, 1.5))
def test_pressure_falls_with_distance(tnt: float, z: float, more: float) -> None:
    scale = tnt ** (1 / 3)
    near, far = z, min(198.5, z * more)
    if (near < 2.9) == (far < 2.9) and (near < 23.8) == (far < 23.8):  # within one part; where parts join they differ by up to 2 %
        assert blast.overpressure_kpa(near * scale, tnt) >= blast.overpressure_kpa(far * scale, tnt)


def test_the_parts_join() -> None:
    for z in (2.9, 23.8):
        assert blast.overpressure_kpa(z * (1 - 1e-9), 1) == pytest.approx(blast.overpressure_kpa(z * (1 + 1e-9), 1), rel=0.02)


def test_a_blast_outside_its_range_does_not_answer() -> None:
    for r in (0.1, 199):
        with pytest.raises(BadInput):
            blast.overpressure_kpa(r, 1)
    assert blast.blast_reach(1e6, 1).below and blast.blast_reach(0.01, 1).beyond


# fire

def test_fireball_as_worked_by_hand() -> None:
    ball = fire.Fireball(10_000, 46.0)
    assert ball.radius_m * 2 == pytest.approx(124.957, rel=1e-5)  # 5.8 · 21.5443
    assert ball.duration_s == pytest.approx(9.342, rel=1e-3)
    assert ball.emissive_kw_m2 == 350
    r = ball.radius_m
    assert ball.flux(500) == pytest.approx(350 * 500 * r**2 / (500**2 + r**2) ** 1.5, rel=1e-12)
    with pytest.raises(BadInput):
        ball.flux(r - 0.1)


@given(st.floats(10, 1e6), st.floats(20, 60), st.floats(0, 100), st.sampled_from([10.0, 5.0, 2.0]))
def test_the_fireballs_reach_is_where_the_heat_is_met(mass: float, heat: float, wet: float, level: float) -> None:
    ball = fire.Fireball(mass, heat, wet)
    met = ball.reach(level)
    assert not met.below
    if not met.beyond:
        assert ball.flux(met.distance_m) == pytest.approx(level, rel=1e-6)
        assert fire.Fireball(mass * 1.1, heat, wet).reach(level).distance_m >= met.distance_m
        assert fire.Fireball(mass, heat, 100).reach(level).distance_m <= fire.Fireball(mass, heat, 0).reach(level).distance_m


def test_a_pool_radiates_three_tenths_of_what_it_burns() -> None:
    pool = fire.Pool(10, 0.055, 43.7)
    assert pool.radiated_kw == pytest.approx(0.3 * 0.055 * 43_700 * math.pi * 25, rel=1e-9)
    met = pool.reach(5.0)
    assert pool.flux(met.distance_m) == pytest.approx(5.0, rel=1e-6) and not met.below and not met.beyond
    assert fire.Pool(20, 0.055, 43.7).reach(5.0).distance_m > met.distance_m


def test_dry_air_lets_all_through() -> None:
    assert fire.transmissivity(300, 0, 293.15) == 1
    # p_w = 99.89 · 0.5 · exp(21.66 − 5431.3 / 293.15) = 1150.6 Pa
    assert fire.transmissivity(300, 50, 293.15) == pytest.approx(1.389 - 0.135 * math.log10(1150.6 * 300), rel=1e-3)


@pytest.mark.parametrize("bad", [(0, 46, 0), (6e6, 46, 0), (1, math.nan, 0), (1, 46, 101)])
def test_fireballs_that_are_not(bad: tuple[float, float, float]) -> None:
    with pytest.raises(BadInput):
        fire.Fireball(*bad)
