"""The fold: rises at once, falls only at a closing below the margin, overdue one level worse, unsure is not assessed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from riskmap.core.grading.district import Computed, Sums, computed, grade_of, letter_of, overdue_rules
from riskmap.core.grading.method import Method
from riskmap.core.grading.shown import Override, fold

METHOD = Method()
DAY = dt.date(2026, 11, 24)


def state(d: float, t: float = 0.0, confidence: str = "B", overdue: bool = False) -> Computed:
    d_micro, t_micro = round(d * 1e6), round(t * 1e6)
    fall = grade_of(d_micro, t_micro, METHOD, METHOD.fall_margin)
    rules = ({"rule": "overdue_major_count", "count": 3},) if overdue else ()
    return Computed(d_micro, t_micro, grade_of(d_micro, t_micro, METHOD), fall, confidence, 0.6, overdue=rules, sources=5)


@pytest.mark.parametrize(("d", "t", "grade"), [
    (22, 0, 1), (21.999999, 0, 2), (0, 0.05, 1), (0, 0.049999, 2), (12, 0, 2), (11.999999, 0.01, 2), (4, 0, 3),
    (3.999999, 0.001, 3), (3.999999, 0.000999, 4), (0, 0, 4)])
def test_borders_are_met_exactly(d: float, t: float, grade: int) -> None:
    assert state(d, t).grade == grade


def test_a_rise_shows_at_once_and_a_fall_waits_for_a_closing_and_the_margin() -> None:
    assert fold(state(12), 3, DAY, closing=False).shown == 2
    assert fold(state(5), 2, DAY, closing=False).shown == 2            # computed Ⅲ, still shown Ⅱ during the day
    assert fold(state(5), 2, DAY, closing=True).shown == 3
    assert fold(state(11.5), 2, DAY, closing=True).shown == 2          # 11.5 ≥ 12 × 0.95
    assert fold(state(11.4), 2, DAY, closing=True).shown == 2          # exactly the margin still holds
    assert fold(state(11.399999), 2, DAY, closing=True).shown == 3
    assert fold(state(1, 0.00096), 3, DAY, closing=True).shown == 3    # T holds it although D is far below
    assert fold(state(1), 1, DAY, closing=True).shown == 4             # several levels at once
    held = fold(state(11.5), 2, DAY, closing=True)
    assert held.held and held.steady == 2 and not held.worse
    assert fold(state(5), None, DAY, closing=False).shown == 3         # nothing before: nothing to hold


def test_no_flicker_around_a_border() -> None:
    steady, seen = None, []
    for d in [12.1, 11.9, 12.05, 11.8, 12.2, 11.6, 11.3, 11.9, 12.0]:
        shown = fold(state(d), steady, DAY, closing=True)
        steady = shown.steady
        seen.append(shown.shown)
    assert seen == [2, 2, 2, 2, 2, 2, 3, 3, 2]


def test_overdue_makes_it_one_level_worse_until_closed() -> None:
    assert fold(state(5, overdue=True), 3, DAY, closing=False).shown == 2
    assert fold(state(5), 3, DAY, closing=False).shown == 3            # the next run after they are closed
    assert fold(state(30, overdue=True), 1, DAY, closing=False).shown == 1
    assert fold(state(1, overdue=True, confidence="C"), None, DAY, closing=True).shown == 3


def test_unknown_is_never_blue() -> None:
    assert fold(state(1, confidence="C"), None, DAY, closing=True).shown is None
    assert fold(state(1, confidence="C"), None, DAY, closing=True).unassessed == "unsure"
    assert fold(state(5, confidence="C"), None, DAY, closing=True).shown == 3
    empty = Computed(None, None, None, None, None, None)
    assert fold(empty, 2, DAY, closing=False).shown is None and fold(empty, 2, DAY, closing=False).unassessed == "no_source"


def test_an_override_holds_through_its_last_day_and_hides_nothing() -> None:
    officer = Override(1, "演练期间从严", DAY, "officer")
    shown = fold(state(5), 3, DAY, closing=True, override=officer)
    assert shown.shown == 1 and shown.steady == 3 and shown.override is officer
    assert fold(state(5), 3, DAY + dt.timedelta(days=1), closing=True, override=officer).shown == 3
    assert shown.record()["override"]["expires_on"] == "2026-11-24"


@pytest.mark.parametrize(("fresh", "mass", "caps", "letter"), [
    (80, 100, (), "A"), (80, 100, ("area_residents",), "B"), (79, 100, (), "B"), (50, 100, (), "B"),
    (49, 100, (), "C"), (0, 0, (), "C")])
def test_confidence(fresh: int, mass: int, caps: tuple[str, ...], letter: str) -> None:
    assert letter_of(fresh, mass, caps, METHOD) == letter


@pytest.mark.parametrize(("numbers", "rules"), [
    ((1, 1, 1, 100), ["overdue_major_at_worst"]), ((0, 2, 4, 100), []), ((0, 3, 3, 100), ["overdue_major_count"]),
    ((0, 0, 5, 100), ["overdue_share"]), ((0, 0, 0, 0), []),
    ((2, 3, 9, 10), ["overdue_major_at_worst", "overdue_major_count", "overdue_share"])])
def test_overdue_rules(numbers: tuple[int, int, int, int], rules: list[str]) -> None:
    assert [r["rule"] for r in overdue_rules(*numbers, METHOD)] == rules


def test_a_district_of_nobody_with_a_source_is_assessed_at_zero_and_without_one_not_at_all() -> None:
    sums = Sums.zero(1)
    assert computed(sums, 0, 0, (), METHOD).grade is None
    sums.table[0, 3] = 1
    one = computed(sums, 0, 0, (), METHOD)
    assert (one.d_micro, one.t_micro, one.grade) == (0, 0, 4)
    assert fold(replace(one, confidence="C"), None, DAY, closing=True).shown is None
