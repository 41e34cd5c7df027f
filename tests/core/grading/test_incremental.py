"""A thousand random changes of every kind end in the same bytes as one full run; nothing overflows; what-if leaves no trace."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from riskmap.core.grading import hazard
from riskmap.core.grading.engine import Engine
from riskmap.core.grading.ground import MANY
from riskmap.core.grading.inputs import NEVER, Inputs, Occupants, Posts, Shelters, Sources
from riskmap.core.grading.method import MICRO, Method
from riskmap.core.grading.whatif import Closed, Trial, whatif
from riskmap.errors import BadInput
from tests.core.grading.small_city import CELLS, DAY, OUTSIDE_CELL, TODAY, make_source, posts, small_ground

GROUND = small_ground()
METHOD = Method()


def random_sources(rng: np.random.Generator, ids: np.ndarray) -> Sources:
    n = len(ids)
    is_hazard = rng.random(n) < 0.2
    major, general = rng.integers(0, 2, n), rng.integers(0, 5, n)
    cells = np.where(rng.random(n) < 0.03, OUTSIDE_CELL, rng.choice(CELLS[:60], n))
    modelled = np.where(rng.random(n) < 0.1, rng.uniform(10, 6000, n), np.nan)
    link = np.where(is_hazard, -1, rng.integers(-1, 30, n))
    return Sources(ids, cells, rng.integers(-1, 3, n), rng.integers(1, 5, n), is_hazard, link,
                   rng.choice([50.0, 100.0, 300.0], n), modelled, major, general, rng.integers(0, major + general + 1),
                   rng.integers(0, major + 1), rng.choice([NEVER, TODAY - 30, TODAY - 200, TODAY - 800], n))


def random_change(rng: np.random.Generator, first: bool = False) -> tuple[np.ndarray, Inputs]:
    """Ids of all kinds, of which most are in force afterwards. Sources 1–80, others above, so that they meet again and again."""
    def some(low: int, high: int, most: int) -> np.ndarray:
        n = high - low if first else int(rng.integers(0, most + 1))
        return rng.choice(np.arange(low, high), n, replace=False)

    touched = {"sources": some(1, 81, 4), "shelters": some(100, 112, 1), "teams": some(200, 206, 1), "depots": some(300, 306, 1),
               "occupants": some(400, 410, 1)}
    stay = {k: v[rng.random(len(v)) < 0.75] for k, v in touched.items()}
    place = lambda k: rng.choice(CELLS, len(stay[k]))  # noqa: E731
    size = {k: len(v) for k, v in stay.items()}
    now = Inputs(
        sources=random_sources(rng, stay["sources"]),
        shelters=Shelters(stay["shelters"], place("shelters"), rng.integers(-1, 3, size["shelters"]),
                          rng.integers(-1, 900, size["shelters"]), rng.random(size["shelters"]) < 0.2),
        teams=Posts(stay["teams"], place("teams"), np.ones(size["teams"], bool)),
        depots=Posts(stay["depots"], place("depots"), rng.random(size["depots"]) < 0.7),
        occupants=Occupants(stay["occupants"], place("occupants"), rng.integers(-1, 2000, size["occupants"])))
    return np.concatenate(list(touched.values())), now


def test_a_thousand_changes_end_where_a_full_run_ends() -> None:
    rng = np.random.default_rng(20260101)
    engine = Engine.full(GROUND, random_change(rng, first=True)[1], METHOD, DAY)
    before = engine.table(np.arange(len(GROUND.cell)))
    moved = 0
    for step in range(1, 1001):
        touched = engine.apply(*random_change(rng))
        after = engine.table(np.arange(len(GROUND.cell)))
        differ = np.zeros(len(GROUND.cell), dtype=bool)
        for name in after:
            differ |= after[name] != before[name]
        drawn = (after["hazard_micro"] > 0) | (before["hazard_micro"] > 0)
        assert set(np.flatnonzero(differ & drawn)) == set(touched.cells) | set(touched.emptied)
        assert (after["hazard_micro"][touched.emptied] == 0).all()
        moved += len(touched.cells)
        before = after
        if step % 100 == 0:
            full = Engine.full(GROUND, engine.inputs(), METHOD, DAY)
            assert full.digest() == engine.digest(), step
            assert full.districts() == engine.districts()
            for field in dataclasses.fields(full.cells):
                assert (getattr(full.cells, field.name) == getattr(engine.cells, field.name)).all(), field.name
            assert (full.sums.table == engine.sums.table).all() and full.mass == engine.mass
            assert (full.marks == engine.marks).all()
    assert moved > 5000


def test_an_empty_city_is_not_assessed_and_a_change_to_nothing_gives_the_empty_digest() -> None:
    empty = Engine.full(GROUND, Inputs(), METHOD, DAY)
    assert all(d.grade is None and d.d_micro is None for d in empty.districts()) and len(empty.drawn()) == 0
    engine = Engine.full(GROUND, Inputs(sources=make_source(1, int(CELLS[5]), 1)), METHOD, DAY)
    assert engine.digest() != empty.digest()
    engine.apply(np.array([1]), Inputs())
    assert engine.digest() == empty.digest()


def test_two_equal_cities_have_equal_digests_and_one_unit_of_difference_shows() -> None:
    one = make_source(1, int(CELLS[5]), 2)
    make = lambda s: Engine.full(GROUND, Inputs(sources=s), METHOD, DAY).digest()  # noqa: E731
    assert make(one) == make(one) != make(one.changed(general=[1]))


def test_what_if_leaves_no_trace() -> None:
    rng = np.random.default_rng(3)
    engine = Engine.full(GROUND, random_change(rng, first=True)[1], METHOD, DAY)
    digest, marks, revision = engine.digest(), engine.marks.copy(), engine.revision
    ids = engine.inputs().sources.id
    before, after = whatif(engine, Trial(frozenset(ids[:9].tolist()), {int(ids[12]): Closed(major=1, general=2, overdue=1)}))
    assert before == engine.districts() != after
    assert engine.digest() == digest and (engine.marks == marks).all() and engine.revision == revision
    with pytest.raises(BadInput, match="999999"):
        whatif(engine, Trial(frozenset({999999})))


def test_weights_that_would_overflow_are_refused_and_change_nothing() -> None:
    heavy = Method(weights=(10_000_000, 100, 10, 1))
    many = 225_000
    cell = np.full(many, CELLS[5])
    zero = np.zeros(many, dtype=np.int64)
    sources = Sources(np.arange(many) + 1, cell, zero, zero + 1, zero.astype(bool), zero - 1, zero + 100.0, np.full(many, np.nan),
                      zero + 1, zero + 6, zero + 1, zero, zero + TODAY)
    engine = Engine.full(GROUND, Inputs(sources=sources), heavy, DAY)
    exact = many * 10_000_000 * 2_000_000              # w · m in 1e-6, f = 1 at home
    assert int(engine.cells.hazard[5]) == exact and engine.mass == exact   # beyond a double's 2^53, still exact
    digest = engine.digest()
    more = sources.take(np.arange(10_000)).changed(id=np.arange(10_000) + 10_000_000)
    with pytest.raises(BadInput, match="超出"):
        engine.apply(np.array([], dtype=np.int64), Inputs(sources=more))
    assert engine.digest() == digest
    engine.apply(np.array([1]), Inputs())
    left = Engine.full(GROUND, engine.inputs(), heavy, DAY)
    assert left.digest() == engine.digest() and left.mass == exact - 10_000_000 * 2_000_000
    with pytest.raises(BadInput):
        Engine.full(GROUND, Inputs(sources=sources.join(more)), heavy, DAY)
    assert hazard.MASS_LIMIT > exact > 2**53 and MICRO == 1_000_000


def test_a_team_that_leaves_gives_the_time_of_the_next_nearest() -> None:
    one, two = posts(201, [int(CELLS[0])]), posts(202, [int(CELLS[200])])
    engine = Engine.full(GROUND, Inputs(teams=one.join(two)), METHOD, DAY)
    engine.apply(np.array([201]), Inputs())
    assert (engine.cells.team_m == Engine.full(GROUND, Inputs(teams=two), METHOD, DAY).cells.team_m).all()
    assert engine.cells.team_m.min() == 0.0


def test_many_at_once_give_what_they_give_one_by_one() -> None:
    """A bulk load goes over matrices, a change over pairs: the same bytes."""
    rng = np.random.default_rng(12)
    many = random_sources(rng, np.arange(4000) + 1)
    whole = Engine.full(GROUND, Inputs(sources=many), METHOD, DAY)
    assert max(np.unique(whole.weighed.reach_m, return_counts=True)[1]) >= MANY     # the matrix is used
    bit_by_bit = Engine.full(GROUND, Inputs(sources=many.take(slice(0, 1))), METHOD, DAY)
    for low in range(1, 4000, 20):
        bit_by_bit.apply(np.array([], dtype=np.int64), Inputs(sources=many.take(slice(low, low + 20))))
    assert bit_by_bit.digest() == whole.digest()
    for name in ("high", "low"):
        assert (getattr(bit_by_bit.cells, name) == getattr(whole.cells, name)).all()
