"""Cards add up, the list brings what it says, firmness repeats, ΔD is split without remainder, coarse cells follow the rule."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from riskmap.core import cell as h3cell
from riskmap.core.grading import coarse, explanation, firmness
from riskmap.core.grading.contribution import Target
from riskmap.core.grading.difference import CAUSES, LEDGER, Day, difference, exact
from riskmap.core.grading.downgrade import downgrade
from riskmap.core.grading.engine import Engine
from riskmap.core.grading.inputs import Inputs
from riskmap.core.grading.method import MICRO, Method
from riskmap.core.grading.whatif import Closed, Trial, whatif
from tests.core.grading.small_city import CELLS, DAY, TODAY, make_source, occupants, posts, shelters, small_ground, table
from tests.core.grading.test_incremental import random_change

GROUND = small_ground()
METHOD = Method(perturbations=60)


def city(seed: int = 11) -> Engine:
    return Engine.full(GROUND, random_change(np.random.default_rng(seed), first=True)[1], METHOD, DAY)


def test_contributors_and_rest_make_the_whole() -> None:
    engine = city()
    for d in range(3):
        target = Target.district(engine, d)
        few = explanation.contributors(engine, target, d, limit=5)
        every = explanation.contributors(engine, target, d, limit=10_000)
        assert few["count"] == every["count"] == len(every["list"]) > 5
        assert sum(c["share"] for c in few["list"]) + few["rest"]["share"] == pytest.approx(1, abs=1e-9)
        assert sum(c["share_d"] for c in every["list"]) == pytest.approx(exact(engine)[d], abs=1e-9)
        deltas = [c["delta_d"] for c in every["list"]]
        assert deltas == sorted(deltas) and deltas[0] < 0      # by Δ, largest first
        assert all(c["delta_d"] <= c["rectify_d"] <= 0 and c["delta_t"] <= c["rectify_t"] <= 0 for c in every["list"])
        foreign = [c for c in every["list"] if not c["own"]]
        assert every["foreign"]["count"] == len(foreign)
        assert every["foreign"]["share"] == pytest.approx(sum(c["share"] for c in foreign), abs=1e-12)


def test_a_cell_shares_out_its_risk() -> None:
    engine = city()
    at = int(engine.drawn()[7])
    found = explanation.contributors(engine, Target.cell(engine, at), -1, limit=1000)
    assert sum(c["share_d"] for c in found["list"]) == pytest.approx(engine.cells.risk[at] / MICRO, abs=1e-9)


def test_parts_multiply_to_d_with_their_remainder() -> None:
    engine = city()
    for d in range(3):
        p = explanation.parts(engine, Target.district(engine, d))
        assert p["product"] + p["remainder"] == pytest.approx(exact(engine)[d], abs=1e-9)
        assert p["product"] == pytest.approx(100 * p["h"] * (0.3 + 0.7 * p["e"]) * (1 - 0.3 * p["k"]))
        assert p["k"] == pytest.approx(sum(p["coping"].values()) / 3)


def test_distance_names_both_borders_and_the_margin() -> None:
    engine = city()
    state = dataclasses.replace(engine.districts()[0], grade=2, d_micro=13_000_000, t_micro=12_000)
    found = explanation.distance(state, 60_001_000, METHOD)
    assert found["better"]["grade"] == 3 and found["better"]["d_over"] == pytest.approx(13 - 12 * 0.95)
    assert found["better"]["people_over"] == pytest.approx((0.012 - 0.0095) * 60_001)
    assert found["worse"]["grade"] == 1 and found["worse"]["d_left"] == pytest.approx(9)
    assert explanation.distance(dataclasses.replace(state, grade=None), 1, METHOD) == {"better": None, "worse": None}


def test_stale_lists_what_has_lapsed_heaviest_first() -> None:
    sources = table([make_source(1, int(CELLS[5]), 1, verified=TODAY - 90), make_source(2, int(CELLS[5]), 1, verified=TODAY - 91),
                     make_source(3, int(CELLS[5]), 4), make_source(4, int(CELLS[5]), 1, district=1)])
    engine = Engine.full(GROUND, Inputs(sources=sources), METHOD, DAY)
    found = explanation.stale(engine, 0)
    assert [(s["id"], s["days_over"]) for s in found] == [(2, 1), (3, None)]
    assert engine.districts()[0].fresh_share == pytest.approx(1000 / 2001)


def test_ranks_are_by_grade_then_d_within_zone_and_city() -> None:
    base = city().districts()[0]
    make = lambda grade, d: dataclasses.replace(base, grade=grade, d_micro=d)  # noqa: E731
    states = [make(3, 5), make(2, 1), make(3, 9), dataclasses.replace(base, grade=None, d_micro=None)]
    found = explanation.ranks(states, ["a", "b", "a", "a"])
    assert [r["city"] for r in found] == [3, 1, 2, None] and [r["zone"] for r in found] == [2, 1, 1, None]


def heavy() -> Engine:
    """A Ⅱ district that one Ⅰ source with hidden dangers makes, among many small ones."""
    rng = np.random.default_rng(2)
    rows = [make_source(i, int(c), 3, district=0, footprint_m=300.0) for i, c in enumerate(rng.choice(CELLS, 60), 1)]
    rows += [make_source(100 + i, int(c), 1, district=0, footprint_m=300.0, major=1, general=3, overdue=1)
             for i, c in enumerate(rng.choice(CELLS, 6))]
    return Engine.full(GROUND, Inputs(sources=table(rows)), METHOD, DAY)


def test_the_list_reaches_what_it_says_and_leaves_the_engine_as_it_was() -> None:
    engine = heavy()
    digest = engine.digest()
    for d in range(3):
        found = downgrade(engine, d)
        assert engine.digest() == digest
        if found.before.grade in (None, 4) or not found.steps:
            continue
        retire = frozenset(s.id for s in found.steps if s.action == "retire")
        ids = engine.inputs().sources
        close = {s.id: Closed(*(int(getattr(ids, n)[ids.id == s.id][0]) for n in LEDGER))
                 for s in found.steps if s.action == "rectify"}
        _, after = whatif(engine, Trial(retire, close))
        assert after[d] == found.after
        assert found.reached == (after[d].fall_grade >= found.aim)
        assert sum(s.delta_d for s in found.steps) == pytest.approx((found.after.d_micro - found.before.d_micro) / MICRO)
        actions = [s.action for s in found.steps]
        assert actions == sorted(actions)                      # rectifying goes before taking away
    assert downgrade(engine, 0).before.grade in (1, 2, 3) and downgrade(engine, 0).reached


def test_firmness_repeats_and_an_unperturbed_method_gives_the_engines_own_d() -> None:
    engine = city()
    assert firmness.firmness(engine) == firmness.firmness(engine)
    still = Engine.full(GROUND, engine.inputs(), METHOD.model_copy(update={"perturbation": 0.0}), DAY)
    d, t = firmness.perturbed(still, firmness.Material.of(still))
    for i, state in enumerate(still.districts()):
        assert d[i] == pytest.approx(state.d_micro / MICRO, rel=1e-4) and t[i] == pytest.approx(state.t_micro / MICRO, abs=2e-3)
    firm = firmness.firmness(still)
    assert all(f.grade == 1.0 and f.rank == 1.0 and f.rank_low == f.rank_high for f in firm)
    moved, _ = firmness.perturbed(engine, firmness.Material.of(engine))
    assert (moved.std(axis=1) > 0.05 * moved.mean(axis=1)).all()     # ±20 % of constants does move D


def test_delta_d_is_split_without_remainder() -> None:
    rng = np.random.default_rng(4)
    a, b = random_change(rng, first=True)[1], random_change(rng, first=True)[1]
    lapsed = dataclasses.replace(a, sources=a.sources.changed(overdue=a.sources.overdue + 1))
    people = GROUND.fragment_residents.copy()
    people[GROUND.fragment_district == 0] = people[GROUND.fragment_district == 0] * 2
    method = Method(weights=(900, 120, 10, 1))
    later = Day(dataclasses.replace(GROUND, fragment_residents=people), b, method, DAY + dt.timedelta(days=1))
    first = Day(GROUND, a, METHOD, DAY)
    found = difference(first, later, lapsed)
    start = exact(Engine.full(first.ground, a, METHOD, DAY))
    end = exact(Engine.full(later.ground, b, later.method, later.as_of))
    for part, x, y in zip(found, start, end, strict=True):
        assert set(part) == {*CAUSES, "total"}
        assert part["total"] == pytest.approx(y - x, abs=1e-12)
        assert sum(part[c] for c in CAUSES) == pytest.approx(part["total"], abs=1e-9)
    assert all(found[0][c] != 0 for c in CAUSES)
    same = difference(first, first, a)
    assert all(v == 0 for part in same for v in part.values())


@pytest.mark.parametrize("resolution", [5, 6, 7, 8, 9])
def test_coarse_cells_follow_the_district_rule_over_their_children(resolution: int) -> None:
    engine = city()
    found = coarse.drawn(engine, resolution)
    assert (np.diff(found.cell) > 0).all() and len(found.cell)
    parents = h3cell.parent(GROUND.cell, resolution)
    for i in range(0, len(found.cell), 7 if resolution == 9 else 1):
        child = np.flatnonzero(parents == found.cell[i])
        people = GROUND.residents[child]
        weight = people if people.sum() else np.rint(GROUND.area_m2[child]).astype(np.int64)
        d = sum(int(w) * int(r) for w, r in zip(weight, engine.cells.risk[child], strict=True)) // int(weight.sum())
        assert int(found.risk[i]) == d
        has = engine.cells.hazard[child] > 0
        assert found.worst[i] == engine.cells.level[child][has].min() and found.count[i] == engine.cells.sources[child].sum()
        if resolution < 9:
            t = int(weight[engine.cells.level[child] == 1].sum()) / int(weight.sum())
            level = next((n for n, (bd, bt) in enumerate(zip(METHOD.d_borders, METHOD.t_borders, strict=True), 1)
                          if d >= bd * MICRO or t >= bt), 4)
            assert found.level[i] == level
    empty = Engine.full(GROUND, Inputs(shelters=shelters(1, [int(CELLS[0])], [5]), teams=posts(2, [int(CELLS[0])]),
                                       occupants=occupants(3, [int(CELLS[0])], [5])), METHOD, DAY)
    assert len(coarse.drawn(empty, resolution).cell) == 0
