"""GB 18218-2018: worked examples, exact borders, and the unknown that stays unknown."""

import csv
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.core.chemical import Holding, Tables, assess
from riskmap.errors import BadInput
from riskmap.settings import ROOT


def rows(name):
    with (ROOT / "data/codes" / f"{name}.tsv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


TABLES = Tables(rows("gb18218_table1"), rows("gb18218_table2"), rows("beta"), rows("alpha"), rows("hazard_grade"))


def test_ammonia_and_chlorine():
    got = assess([Holding("氨", 15), Holding("氯", 3)], 60, TABLES)
    assert (got.s, got.r, got.grade) == (Decimal("2.1"), Decimal("8.1"), "四级")
    assert [line.ratio for line in got.lines] == [Decimal("1.5"), Decimal("0.6")]
    assert [line.q_source for line in got.lines] == ["表1 no. 1", "表1 no. 12"]
    assert [line.term for line in got.lines] == [3, Decimal("2.4")]


def test_a_hundred_tonnes_of_chlorine():
    got = assess([Holding("液氯", 100)], 100, TABLES)
    assert (got.s, got.r, got.grade, got.alpha) == (20, 160, "一级", 2)


def test_a_petrol_depot_without_neighbours():
    got = assess([Holding("汽油", 5000, "86290-81-5", ("W5.3",))], 0, TABLES)
    assert (got.s, got.r, got.grade) == (25, Decimal("12.5"), "三级")
    assert got.lines[0].q_source == "表1 no. 66"


def test_decimal_fractions_add_up_exactly():
    got = assess([Holding("氯", 3.5), Holding("氨", 1), Holding("氟", "0.2")], 0, TABLES)
    assert got.s == 1 and got.is_major
    assert not assess([Holding("氯", 3.5), Holding("氨", 1), Holding("氟", "0.1999999999")], 0, TABLES).is_major


@pytest.mark.parametrize(("people", "alpha"), [(0, "0.5"), (1, "1"), (29, "1"), (30, "1.2"), (49, "1.2"), (50, "1.5"),
                                               (99, "1.5"), (100, "2"), (10**6, "2")])
def test_alpha_steps_where_the_standard_writes_them(people, alpha):
    assert assess([Holding("氯", 5)], people, TABLES).alpha == Decimal(alpha)


@pytest.mark.parametrize(("tonnes", "grade"), [("125", "一级"), ("124.999999", "二级"), ("62.5", "二级"), ("62.49", "三级"),
                                               ("12.5", "三级"), ("12.49", "四级")])
def test_grades_at_their_borders(tonnes, grade):
    assert assess([Holding("氯", tonnes)], 1, TABLES).grade == grade      # R = 4 · q / 5


def test_the_lowest_critical_quantity_of_several_classes_and_the_largest_beta():
    got = assess([Holding("某混合物", 10, None, ("W5.4", "J3"))], 1, TABLES)
    assert got.lines[0].q_critical_t == 50 and got.lines[0].beta == 2


def test_below_one_is_no_major_hazard_and_has_no_grade():
    got = assess([Holding("氯", "4.99")], 1000, TABLES)
    assert not got.is_major and got.grade is None and got.r is not None


def test_unknown_stays_unknown():
    got = assess([Holding("苯", 500)], 10, TABLES)
    assert got.is_major and got.r is None and got.grade is None and "苯" in got.unknown[0]
    got = assess([Holding("氯", 500)], None, TABLES)
    assert got.is_major and got.r is None and got.alpha is None and len(got.unknown) == 1
    assert assess([Holding("苯", 0), Holding("氯", 5)], 0, TABLES).r == 2       # nothing of it: its class does not matter


@pytest.mark.parametrize("holding", [
    Holding("氯", -1), Holding("氯", "nan"), Holding("氯", "很多"), Holding("氯", float("inf")),
    Holding("水", 5), Holding("水", 5, None, ("Z9",)),
    Holding("硝化纤维", 5, "9004-70-0"), Holding("硝化棉", 5, "9004-70-0"),
])
def test_what_cannot_be_assessed_is_refused(holding):
    with pytest.raises(BadInput) as refusal:
        assess([holding], 0, TABLES)
    assert refusal.value.where


def test_every_row_of_table_1_is_found_by_its_own_name():
    for row in rows("gb18218_table1"):
        got = assess([Holding(row["zh"], row["q_critical_t"])], 0, TABLES)
        assert got.s == 1 and got.lines[0].q_source == f"表1 no. {row['code']}", row


QUANTITY = st.decimals(0, 10_000, places=3)


@given(QUANTITY, QUANTITY, st.integers(0, 200), st.integers(0, 200))
def test_more_of_it_or_more_people_never_lowers_r(q, more, people, others):
    low = assess([Holding("氯", q), Holding("氨", q)], people, TABLES)
    high = assess([Holding("氯", q + more), Holding("氨", q)], people + others, TABLES)
    assert high.r >= low.r and high.s >= low.s
