"""Numbers worked out by hand from the method: weight, multiplier, reach, fading, exposure, catchment, travel, risk, level."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from riskmap.core import cell as h3cell
from riskmap.core.coordinates import distance_m
from riskmap.core.grading import coarse, coping, hazard, people, risk
from riskmap.core.grading import ground as ground_module
from riskmap.core.grading.engine import Engine
from riskmap.core.grading.ground import Ground
from riskmap.core.grading.inputs import Inputs
from riskmap.core.grading.method import Method
from riskmap.errors import BadInput
from tests.core.grading.small_city import CELLS, DAY, OUTSIDE_CELL, make_source, posts, shelters, small_ground, table

METHOD = Method()
HOME = 100
C = [int(c) for c in CELLS]


def desert() -> Ground:
    """The small city with its people all in the first district's first fragment."""
    ground = small_ground()
    residents = np.zeros_like(ground.fragment_residents)
    residents[np.flatnonzero(ground.fragment_district == 0)[0]] = 1_000_000
    return dataclasses.replace(ground, fragment_residents=residents)


def test_a_lone_source_of_the_worst_level() -> None:
    ground = desert()
    engine = Engine.full(ground, Inputs(sources=make_source(1, C[HOME], 1)), METHOD, DAY)
    c = engine.cells
    assert c.hazard[HOME] == 1_000_000_000                             # w = 1000, m = 1, f = 1
    assert risk.hazard_part(c.hazard[[HOME]], METHOD)[0] == 0.5
    assert ground.residents[HOME] == 0 and c.risk[HOME] == 15_000_000  # 100 · 0.5 · 0.3 · 1
    assert c.level[HOME] == 2                                          # ρ says Ⅲ; it holds a Ⅰ source
    lon, lat = h3cell.center(ground.cell)
    metres = distance_m(lon[HOME], lat[HOME], lon, lat)
    expected = np.maximum(0, 1 - metres / 430)
    assert c.hazard / 1e9 == pytest.approx(expected, abs=2e-6)
    assert (c.hazard > 0).sum() == (metres < 430 * (1 - 5e-7)).sum() > 1
    near = np.flatnonzero((c.hazard > 0) & (np.arange(len(C)) != HOME))
    assert (c.level[near] == risk.cell_level(c.risk[near], np.zeros(len(near)), METHOD)).all()      # the floor is for its own cell


@pytest.mark.parametrize(("ledger", "micro"), [
    ((0, 0, 0), 1_000_000), ((1, 0, 0), 1_500_000), ((3, 0, 0), 1_500_000), ((0, 1, 0), 1_050_000), ((0, 6, 0), 1_300_000),
    ((0, 60, 0), 1_300_000), ((0, 1, 1), 1_250_000), ((2, 9, 5), 2_000_000)])
def test_state_multiplier(ledger: tuple[int, int, int], micro: int) -> None:
    major, general, overdue = (np.array([v]) for v in ledger)
    assert hazard.state_micro(major, overdue, general, METHOD)[0] == micro


@pytest.mark.parametrize(("more", "radius"), [
    ({}, 100), ({"footprint_m": 300.0}, 300), ({"is_hazard": True}, 500), ({"is_hazard": True, "footprint_m": 700.0}, 700),
    ({"modelled_m": 40.0}, 40), ({"is_hazard": True, "modelled_m": 200.0}, 200), ({"modelled_m": 90_000.0}, 5000)])
def test_footprint(more: dict, radius: float) -> None:
    assert hazard.own_radius_m(make_source(1, C[0], 1, **more), METHOD)[0] == radius


def test_a_linked_source_takes_level_footprint_and_ledger_of_its_hazard() -> None:
    pair = table([make_source(1, C[HOME], 2, is_hazard=True, major=1), make_source(2, C[HOME], 4, hazard_id=1, general=2),
                  make_source(3, C[HOME], 4, hazard_id=77)])
    found = hazard.weigh(pair, METHOD)
    assert found.counted.tolist() == [False, True, True] and found.level.tolist() == [2, 2, 4]
    assert found.mass.tolist() == [0, 100 * 1_600_000, 1_000_000] and found.reach_m.tolist() == [830, 830, 430]


def test_exposure_counts_residents_and_occupants_over_the_true_area() -> None:
    area = np.array([100_000.0])
    assert risk.exposure_part(np.array([1_000_000]), area, METHOD)[0] == pytest.approx(0.5)         # 1000 people on 0.1 km²
    assert risk.exposure_part(np.array([0]), area, METHOD)[0] == 0


def test_two_step_catchment() -> None:
    ground = small_ground()
    lon, lat = h3cell.center(ground.cell)
    metres = distance_m(lon[HOME], lat[HOME], lon, lat)
    served = metres < 2000
    assert 0 < served.sum() < len(C)
    catchment = int(ground.residents[served].sum())
    engine = Engine.full(ground, Inputs(shelters=shelters(1, [C[HOME]], [500])), METHOD, DAY)
    ratio = 500 * 1000 * 10**9 // catchment
    assert (engine.cells.shelter == np.where(served, ratio, 0)).all()
    big = Engine.full(ground, Inputs(shelters=shelters(1, [C[HOME], C[HOME], C[HOME]], [10**9, 10**9, 50])), METHOD, DAY)
    assert big.cells.coping.max() == coping.NANO                       # capped at 1, whatever stands there
    none = Inputs(shelters=shelters(1, [C[HOME]], [-1]).join(shelters(2, [C[HOME]], [900], closed=True)))
    assert Engine.full(ground, none, METHOD, DAY).cells.shelter.max() == 0
    assert coping.ratio_nano(np.array([5, 0]), np.array([False, False]), np.array([0, 0])).tolist() == [coping.NANO, 0]
    assert coping.ratio_nano(np.array([1]), np.array([False]), np.array([3000]))[0] == 333_333_333


@pytest.mark.parametrize(("metres", "nano"), [
    (0.0, 10**9), (2500 / 1.4, 10**9), (10_000 / 1.4, 0), (6250 / 1.4, 5 * 10**8), (coping.FAR_M, 0)])
def test_travel_time(metres: float, nano: int) -> None:
    """30 km/h is 500 m a minute of road, 1.4 m of road a metre of straight line."""
    assert coping.travel_nano(np.array([metres]), METHOD)[0] == pytest.approx(nano, abs=1)


def test_only_depots_that_are_ready_count() -> None:
    ground = small_ground()
    engine = Engine.full(ground, Inputs(depots=posts(1, [C[HOME]], ready=False)), METHOD, DAY)
    assert engine.cells.coping.max() == 0
    assert len(engine.caps().unknown_coping) == 3                       # no coping is known: no letter A


def test_a_source_outside_still_reaches_in() -> None:
    ground = small_ground()
    engine = Engine.full(ground, Inputs(sources=make_source(1, OUTSIDE_CELL, 1, district=-1, modelled_m=5000.0)), METHOD, DAY)
    assert len(engine.drawn()) and all(d.grade is None for d in engine.districts())   # a neighbour's source alone: 未评估


def test_neighbours_are_complete_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground_module, "NEAREST", 5)
    ground = small_ground()
    edges, at, metres = ground.neighbours
    lon, lat = h3cell.center(ground.cell)
    for i in range(0, len(C), 13):
        every = distance_m(lon[i], lat[i], lon, lat)
        mine = at[edges[i]:edges[i + 1]]
        assert set(mine) == set(np.flatnonzero(every < ground_module.NEAR_M))
        assert metres[edges[i]:edges[i + 1]] == pytest.approx(every[mine], abs=1e-6)


def test_where_nobody_lives_a_coarse_cell_goes_by_area() -> None:
    ground = desert()
    rng = np.random.default_rng(1)
    sources = table([make_source(i, int(c), int(rng.integers(1, 4)), footprint_m=300.0) for i, c in enumerate(rng.choice(CELLS, 60), 1)])
    engine = Engine.full(ground, Inputs(sources=sources), METHOD, DAY)
    found = coarse.drawn(engine, 8)
    parents = h3cell.parent(ground.cell, 8)
    empty = [i for i, c in enumerate(found.cell) if ground.residents[parents == c].sum() == 0]
    assert len(empty) > 5
    for i in empty:
        child = np.flatnonzero(parents == found.cell[i])
        area = np.rint(ground.area_m2[child]).astype(np.int64)
        assert found.risk[i] == int((area * engine.cells.risk[child]).sum()) // int(area.sum()) > 0


@pytest.mark.parametrize(("total", "weights", "parts"), [
    (10, [1, 1, 1], [4, 3, 3]), (7, [2, 3, 2], [2, 3, 2]), (5, [0, 1, 0], [0, 5, 0]), (0, [0, 0], [0, 0]), (3, [10, 10, 10, 10], [1, 1, 1, 0])])
def test_largest_remainder(total: int, weights: list[int], parts: list[int]) -> None:
    assert people.apportion(total, np.array(weights)).tolist() == parts


def test_apportioning_is_exact_beyond_64_bits_and_loses_nobody() -> None:
    rng = np.random.default_rng(2)
    weights = rng.integers(0, 4_000_000_000, 5000)
    assert int(people.apportion(3_452_460_000_000, weights).sum()) == 3_452_460_000_000
    with pytest.raises(BadInput):
        people.apportion(5, np.array([0, 0]))
    with pytest.raises(BadInput):
        people.apportion(5, np.array([-1, 6]))
