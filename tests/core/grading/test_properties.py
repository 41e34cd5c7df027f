"""What must hold of the pure part (method §8), on a small city with borders through its cells."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.core.grading import contribution
from riskmap.core.grading.contribution import Target
from riskmap.core.grading.engine import Engine
from riskmap.core.grading.inputs import Inputs, Sources
from riskmap.core.grading.method import Method
from tests.core.grading.small_city import CELLS, CENSUS, DAY, make_source, occupants, posts, shelters, small_ground, source_rows

GROUND = small_ground()
C = CELLS.tolist()
PLACES = Inputs(shelters=shelters(1001, [C[3], C[90], C[150]], [300, -1, 50]), teams=posts(1101, [C[5], C[200]]),
                depots=posts(1201, [C[60]]), occupants=occupants(1301, [C[100], C[101]], [900, -1]))
METHOD = Method()
few = settings(max_examples=60, deadline=None)


def grade(sources: Sources, ground=GROUND, **more) -> Engine:
    return Engine.full(ground, dataclasses.replace(PLACES, sources=sources, **more), METHOD, DAY)


def not_better(before: Engine, after: Engine) -> None:
    """No ρ, level, D or T is lower (better) after; an assessed district stays assessed."""
    assert (after.cells.risk >= before.cells.risk).all()
    assert (after.cells.level <= before.cells.level).all()
    for a, b in zip(before.districts(), after.districts(), strict=True):
        if a.grade is not None:
            assert b.d_micro >= a.d_micro and b.t_micro >= a.t_micro and b.grade <= a.grade


@few
@given(source_rows(least=1), st.data())
def test_adding_a_source_never_lowers_anything(sources: Sources, data: st.DataObject) -> None:
    one = data.draw(st.integers(0, len(sources) - 1))
    without = sources.take(np.arange(len(sources)) != one)
    not_better(grade(without), grade(sources))


@few
@given(source_rows(least=1), st.data())
def test_worsening_a_level_never_lowers_anything(sources: Sources, data: st.DataObject) -> None:
    one = data.draw(st.integers(0, len(sources) - 1))
    level = sources.level.copy()
    level[one] = max(1, level[one] - 1)
    not_better(grade(sources), grade(sources.changed(level=level)))


@few
@given(source_rows(least=1), st.data(), st.sampled_from(["major", "general", "overdue"]))
def test_adding_a_hidden_danger_never_lowers_anything(sources: Sources, data: st.DataObject, kind: str) -> None:
    one = data.draw(st.integers(0, len(sources) - 1))
    ledger = getattr(sources, kind).copy()
    ledger[one] += 1
    more = {kind: ledger}
    if kind == "overdue":                              # an overdue one is an open one
        general = sources.general.copy()
        general[one] += 1
        more["general"] = general
    not_better(grade(sources), grade(sources.changed(**more)))


@few
@given(source_rows(least=1), st.integers(0, len(C) - 1), st.integers(1, 10**8))
def test_adding_residents_never_lowers_their_cell(sources: Sources, cell: int, more: int) -> None:
    people = GROUND.fragment_residents.copy()
    people[np.flatnonzero((GROUND.fragment_cell == cell) & (GROUND.fragment_district >= 0))[0]] += more
    wider = dataclasses.replace(GROUND, fragment_residents=people)
    assert grade(sources, wider).cells.risk[cell] >= grade(sources).cells.risk[cell]


@few
@given(source_rows(least=1), st.sampled_from(["shelters", "teams", "depots"]), st.integers(0, len(C) - 1), st.integers(0, 5000))
def test_adding_help_never_raises_a_risk(sources: Sources, kind: str, cell: int, capacity: int) -> None:
    one = shelters(2001, [C[cell]], [capacity]) if kind == "shelters" else posts(2001, [C[cell]])
    before, after = grade(sources), grade(sources, **{kind: getattr(PLACES, kind).join(one)})
    assert (after.cells.risk <= before.cells.risk).all()
    for a, b in zip(before.districts(), after.districts(), strict=True):
        assert a.grade is None or (b.d_micro <= a.d_micro and b.t_micro <= a.t_micro)


@few
@given(source_rows(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(sources: Sources, random) -> None:
    order = list(range(len(sources)))
    random.shuffle(order)
    turned = {n: rows.take(np.arange(len(rows))[::-1]) for n, rows in PLACES.kinds().items() if n != "sources"}
    mixed = Engine.full(GROUND, Inputs(sources=sources.take(np.array(order, dtype=np.int64)), **turned), METHOD, DAY)
    assert mixed.digest() == grade(sources).digest()


@few
@given(source_rows(least=1))
def test_shares_add_up_to_d(sources: Sources) -> None:
    engine = grade(sources)
    for d, state in enumerate(engine.districts()):
        target = Target.district(engine, d)
        reached = contribution.reach(engine, target)
        share = contribution.shares(engine, target, reached)
        exact = engine.sums.risk(d) / GROUND.district_residents[d] / 1e6
        assert abs(share.sum() - exact) <= 1e-9
        if state.d_micro is not None:
            assert 0 <= exact * 1e6 - state.d_micro < 1.001


@few
@given(source_rows(least=1))
def test_what_is_left_without_a_source_is_what_a_run_without_it_gives(sources: Sources) -> None:
    engine = grade(sources)
    d = 1
    target = Target.district(engine, d)
    reached = contribution.reach(engine, target)
    gone_d, gone_t = contribution.left_without(engine, target, reached, reached.mass)
    people = GROUND.district_residents[d]
    for k, i in enumerate(reached.sources.id.tolist()):
        at = int(np.flatnonzero(sources.id == i)[0])
        linked = (sources.hazard_id == i).any() or (sources.hazard_id[at] >= 0 and not sources.is_hazard[at])
        if linked:                                     # taking one away moves the other: that is for whatif
            continue
        again = grade(sources.take(sources.id != i))
        assert gone_d[k] == float(again.sums.risk(d) - engine.sums.risk(d)) / people / 1e6 or abs(
            gone_d[k] - (again.sums.risk(d) - engine.sums.risk(d)) / people / 1e6) < 1e-9
        assert abs(gone_t[k] - (again.sums.value(d, "worst") - engine.sums.value(d, "worst")) / people) < 1e-12


@few
@given(source_rows(), source_rows(), st.data())
def test_a_change_gives_what_a_full_run_gives(first: Sources, second: Sources, data: st.DataObject) -> None:
    """Some ids go, some change, some come: the same bytes as a full run over what is left."""
    engine = grade(first)
    gone = data.draw(st.lists(st.sampled_from(first.id.tolist()), unique=True)) if len(first) else []
    engine.apply(np.array(gone, dtype=np.int64), Inputs(sources=second))
    left = first.take(~np.isin(first.id, np.concatenate([np.array(gone, dtype=np.int64), second.id]))).join(second)
    full = grade(left)
    assert engine.digest() == full.digest()
    assert (engine.cells.hazard == full.cells.hazard).all() and (engine.sums.table == full.sums.table).all()
    assert engine.districts() == full.districts()


def test_cell_residents_are_the_sum_of_their_fragments_and_districts_their_census() -> None:
    for grid in (True, False):
        ground = small_ground(grid)
        assert ground.district_residents == [n * 1000 for n in CENSUS]
        assert int(ground.residents.sum()) == sum(CENSUS) * 1000
        assert (ground.fragment_residents[ground.fragment_district < 0] == 0).all()
        assert ground.by_area == (frozenset() if grid else frozenset({0, 1, 2}))


def test_a_linked_source_counts_once_at_the_worse_level() -> None:
    hazard = make_source(1, C[100], 1, is_hazard=True, major=1, general=2)
    alone = grade(hazard)
    linked = make_source(2, C[100], 4, hazard_id=1)
    both = grade(hazard.join(linked))
    assert (both.cells.hazard == alone.cells.hazard).all()             # same weight, ledger and footprint, once
    assert both.cells.sources.sum() == 1 and both.cells.worst[100] >= 1
    far = grade(hazard.join(make_source(2, C[10], 4, hazard_id=1)))
    assert far.cells.sources.sum() == 2                                # elsewhere: the hazard stays, the source takes its level
    assert far.cells.hazard[10] >= alone.cells.hazard[100]
