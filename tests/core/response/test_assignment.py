"""Nobody over capacity, nobody lost, nobody left over who could have gone: against linear programming and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from riskmap.core.response.assignment import assign, assign_whole
from riskmap.errors import BadInput


def best(people: np.ndarray, places: np.ndarray, seconds: np.ndarray) -> tuple[int, float]:
    """Most people, and the least travel of those ways, by HiGHS' linear programming: another algorithm, another library."""
    n, m = seconds.shape
    i, j = np.nonzero(np.isfinite(seconds))
    if not len(i):
        return 0, 0.0
    rows = np.zeros((n + m, len(i)))
    rows[i, np.arange(len(i))] = 1
    rows[n + j, np.arange(len(i))] = 1
    most = linprog(-np.ones(len(i)), A_ub=rows, b_ub=np.concatenate([people, places]), method="highs")
    met = round(-most.fun)
    least = linprog(np.ceil(seconds[i, j]), A_ub=rows, b_ub=np.concatenate([people, places]), A_eq=np.ones((1, len(i))), b_eq=[met], method="highs")
    return met, least.fun


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n, m = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    people = np.array(draw(st.lists(st.integers(0, 500), min_size=n, max_size=n)))
    places = np.array(draw(st.lists(st.integers(0, 500), min_size=m, max_size=m)))
    cell = st.one_of(st.just(float("nan")), st.floats(0, 5000))
    return people, places, np.array(draw(st.lists(st.lists(cell, min_size=m, max_size=m), min_size=n, max_size=n)))


def holds(people: np.ndarray, places: np.ndarray, seconds: np.ndarray, made) -> None:
    into = np.bincount(made.shelter, made.people, len(places)).astype(int)
    out = np.bincount(made.group, made.people, len(people)).astype(int)
    assert (into <= places).all() and (out + made.unmet == people).all() and (made.people > 0).all() and (made.unmet >= 0).all()
    assert np.isfinite(seconds[made.group, made.shelter]).all()


@given(cases())
@settings(max_examples=150, deadline=None)
def test_it_is_the_best_there_is(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    people, places, seconds = case
    made = assign(people, places, seconds)
    holds(people, places, seconds, made)
    met, cost = best(people, places, seconds)
    assert made.met == met and people.sum() - met == made.unmet.sum()
    assert (np.ceil(seconds[made.group, made.shelter]) * made.people).sum() == pytest.approx(cost, abs=1e-6)


def test_a_hundred_greater_ones_equal_the_linear_programme() -> None:
    rng = np.random.default_rng(20261125)
    for _ in range(100):
        n, m = rng.integers(10, 60, 2)
        people, places = rng.integers(0, 3000, n), rng.integers(0, 4000, m)
        seconds = np.where(rng.random((n, m)) < 0.4, np.nan, rng.integers(30, 7200, (n, m)).astype(float))
        made = assign(people, places, seconds)
        holds(people, places, seconds, made)
        met, cost = best(people, places, seconds)
        assert made.met == met
        assert (np.ceil(seconds[made.group, made.shelter]) * made.people).sum() == pytest.approx(cost, rel=1e-9)


@given(cases())
@settings(max_examples=60, deadline=None)
def test_whole_groups_stay_whole(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    people, places, seconds = case
    made = assign_whole(people, places, seconds)
    holds(people, places, seconds, made)
    assert len(set(made.group.tolist())) == len(made.group) and made.gap == pytest.approx(0, abs=1e-6)
    assert (made.unmet[made.group] == 0).all() and made.met <= assign(people, places, seconds).met


def test_whole_groups_place_as_many_as_can_be() -> None:
    """By hand: the near one takes the greater group although the smaller stands nearer, since each shelter holds only one of them."""
    made = assign_whole(np.array([60, 100]), np.array([100, 60]), np.array([[10.0, 900.0], [20.0, 30.0]]))
    assert sorted(zip(made.group.tolist(), made.shelter.tolist(), strict=True)) == [(0, 1), (1, 0)] and made.met == 160


def test_the_far_arc_is_used_when_only_it_places_somebody() -> None:
    made = assign(np.array([100, 100]), np.array([100, 100]), np.array([[10.0, 5000.0], [10.0, np.nan]]))
    assert made.met == 200 and {(int(g), int(s)) for g, s in zip(made.group, made.shelter, strict=True)} == {(0, 1), (1, 0)}


@pytest.mark.parametrize("bad", [
    (np.array([1]), np.array([1]), np.array([[1.0, 2.0]])), (np.array([-1]), np.array([1]), np.array([[1.0]])),
    (np.array([1]), np.array([1]), np.array([[-1.0]])), (np.array([1]), np.array([1]), np.array([[np.inf]])),
])  # fmt: skip
def test_bad_inputs(bad: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    with pytest.raises(BadInput):
        assign(*bad)
