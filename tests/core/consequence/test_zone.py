"""The zone that decides is wider than the plume: nobody within the wind's doubt is told that he is safe."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from riskmap.core.consequence import zone
from riskmap.core.consequence.domino import chain
from riskmap.core.consequence.plume import Plume
from riskmap.errors import BadInput

LEVEL = 58.0  # mg/m³: chlorine at 20 ppm
HERE = (116.5, 39.8)


def of(wind: float | None, turned: float | None, *, heavy: bool = False, rate: float = 5.0) -> zone.Cloud:
    return zone.cloud(Plume(rate, 1.5 if wind is None else wind, "F" if wind is None else "D", "urban"), LEVEL, wind, turned, heavy=heavy)[0]


def at(bearing: float, far: float) -> shapely.Point:
    return shapely.Point(far * math.sin(math.radians(bearing)), far * math.cos(math.radians(bearing)))


@pytest.mark.parametrize("heavy", [False, True])
@given(st.floats(1.5, 20), st.floats(0, 360), st.floats(-30, 30), st.floats(0, 1))
@settings(max_examples=200)
def test_within_thirty_degrees_and_the_reach_nobody_is_outside(heavy: bool, wind: float, turned: float, off: float, share: float) -> None:
    cloud = of(wind, turned, heavy=heavy)
    assert zone.deciding(cloud).covers(at(turned + 180 + off, share * cloud.reach_m * (1 - 1e-6)))


@pytest.mark.parametrize("wind", [1.5, 3.0, 12.0])
def test_the_far_edge_is_nowhere_cut_by_a_chord(wind: float) -> None:
    cloud = of(wind, 0.0, heavy=True)
    shape = zone.deciding(cloud)
    assert all(shape.covers(at(180 + off, cloud.reach_m)) for off in np.arange(-30, 30.01, 0.1))


@given(st.floats(1.5, 20), st.floats(0, 360), st.floats(-30, 30), st.integers(0, 200), st.sampled_from([-1, 1]))
def test_the_plume_turned_anywhere_within_the_doubt_stays_inside(wind: float, turned: float, off: float, corner: int, side: int) -> None:
    cloud = of(wind, turned)
    r, half = cloud.angles[corner % len(cloud.angles)]
    assert zone.deciding(cloud).buffer(0.5).covers(at(turned + 180 + off + side * half, r))


@given(st.floats(1.5, 20), st.floats(0, 360), st.floats(0, 360))
def test_around_the_source_it_is_a_circle(wind: float, turned: float, bearing: float) -> None:
    cloud = of(wind, turned)
    assert zone.deciding(cloud).covers(at(bearing, cloud.upwind_m * (1 - 1e-9))) and cloud.upwind_m >= 100


@pytest.mark.parametrize(("wind", "turned"), [(None, None), (None, 90.0), (5.0, None), (0.0, 90.0), (1.49, 90.0)])
@given(st.floats(0, 360))
def test_calm_or_unknown_wind_is_the_full_circle(wind: float | None, turned: float | None, bearing: float) -> None:
    cloud = of(wind, turned)
    assert cloud.calm and zone.deciding(cloud).covers(at(bearing, cloud.reach_m * (1 - 1e-9)))
    assert zone.downwind(cloud, np.array([bearing])).all()


@given(st.floats(1.5, 20), st.floats(0.5, 200))
def test_a_heavy_gas_is_half_as_wide_as_it_is_long(wind: float, rate: float) -> None:
    cloud = of(wind, 0.0, heavy=True, rate=rate)
    half = [r * math.sin(math.radians(a)) for r, a in cloud.angles if a <= 90]
    assert max(half) >= 0.49 * cloud.reach_m
    light = of(wind, 0.0, rate=rate)
    assert zone.deciding(cloud).area >= zone.deciding(light).area * 0.999
    assert zone.deciding(cloud).buffer(1).covers(zone.deciding(light))


def test_twenty_degrees_off_the_axis_is_not_safe() -> None:
    cloud = of(3.0, 270.0, heavy=True)  # from the west: towards the east
    for far in (0.3, 0.7, 0.99):
        for off in (-20, 20):
            assert zone.deciding(cloud).covers(at(90 + off, far * cloud.reach_m))
    assert zone.downwind(cloud, np.array([70.0, 110.0, 90.0])).all() and not zone.downwind(cloud, np.array([270.0])).any()


def test_it_turns_with_the_wind() -> None:
    a, b = zone.deciding(of(5.0, 0.0)), zone.deciding(of(5.0, 90.0))
    assert a.area == pytest.approx(b.area, rel=1e-3)
    assert a.covers(at(180, 0.9 * of(5.0, 0.0).reach_m)) and not b.covers(at(180, 0.9 * of(5.0, 0.0).reach_m))


@given(st.floats(20, 20_000), st.floats(0, 360))
def test_a_circle_on_the_ground_holds_all_within_its_radius(radius: float, bearing: float) -> None:
    lon, lat, _ = Geod(ellps="WGS84").fwd(*HERE, bearing, radius * (1 - 1e-6))
    shape = zone.circle(*HERE, radius)
    assert shape.covers(shapely.Point(lon, lat)) and shape.is_valid
    lon, lat, _ = Geod(ellps="WGS84").fwd(*HERE, bearing, radius * 1.001)
    assert not shape.covers(shapely.Point(lon, lat))


def test_a_ring_leaves_its_middle() -> None:
    ring = zone.circle(*HERE, 2000, 500)
    assert not ring.covers(shapely.Point(HERE)) and ring.is_valid
    for bad in ((5, 0), (1000, 1000), (60_000, 0), (math.nan, 0)):
        with pytest.raises(BadInput):
            zone.circle(*HERE, *bad)


def test_what_goes_beyond_the_model_says_so() -> None:
    assert zone.cloud(Plume(500, 1.5, "F", "rural"), 1.0, 1.5, 0.0, heavy=False)[1]


# chains

def spaced(*x: float) -> np.ndarray:
    a = np.array(x)
    return np.abs(a[:, None] - a[None, :])


def test_a_chain_goes_as_far_as_each_reaches_the_next() -> None:
    far = spaced(0, 100, 250, 1000)
    radius = np.array([[120.0] * 4, [160.0] * 4, [100.0] * 4, [5000.0] * 4])
    links = chain(1, [1, 2, 3, 4], radius, far)
    assert [(k.source, k.target, k.distance_m, k.wave) for k in links] == [(1, 2, 100, 1), (2, 3, 150, 2)]
    assert [k.target for k in chain(4, [1, 2, 3, 4], radius, far)] == [3, 2, 1] and chain(9, [1, 2, 3, 4], radius, far) == []


def test_an_unknown_radius_reaches_nobody() -> None:
    assert chain(1, [1, 2], np.full((2, 2), np.nan), spaced(0, 10)) == []


@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(0, 400)), min_size=1, max_size=12))
def test_the_chain_is_what_can_be_reached(placed: list[tuple[float, float]]) -> None:
    far, ids = spaced(*(x for x, _ in placed)), list(range(len(placed)))
    radius = np.array([[r] * len(placed) for _, r in placed])
    met, grown = {0}, True
    while grown:
        more = {j for i in met for j in ids if j != i and far[i, j] <= radius[i, j]} | met
        grown, met = more != met, more
    assert {k.target for k in chain(0, ids, radius, far)} == met - {0}
