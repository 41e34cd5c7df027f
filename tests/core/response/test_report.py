"""A report marks exactly what changed, writes the unknown as unknown, and names the deadlines that stand with their source."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.catalogue import response
from riskmap.core.response import report
from riskmap.settings import ROOT

TABLE = response(ROOT / "data" / "codes").deadlines
NOW = dt.datetime(2026, 11, 25, 4, 0, tzinfo=dt.UTC)
KINDS = {"accident.fire": "火灾 / Fire"}
BLANK: dict[str, Any] = dict.fromkeys(report.KEYS)
BLANK |= {"title": "库房起火", "nature": "accident.fire", "place": "大兴区", "reported_at": NOW.isoformat()}

TEXTS = st.one_of(st.none(), st.text(min_size=1, max_size=12).filter(lambda t: t.strip()))
COUNTS = st.one_of(st.none(), st.integers(0, 50))
MOMENTS = st.one_of(st.none(), st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 12, 1), timezones=st.sampled_from([dt.UTC, report.BEIJING]))
                    .map(lambda t: t.isoformat()))  # fmt: skip
OF = {"count": COUNTS, "money": st.one_of(st.none(), st.floats(0, 1e6)), "level": st.one_of(st.none(), st.integers(1, 4)), "moment": MOMENTS,
      "nature": st.sampled_from(["accident.fire", "accident.chemical"])}  # fmt: skip
ELEMENTS = st.fixed_dictionaries({e.key: OF.get(e.kind, TEXTS) for e in report.ELEMENTS})


@settings(max_examples=200)
@given(ELEMENTS, ELEMENTS, st.sets(st.sampled_from(report.KEYS)))
def test_the_changes_turn_one_report_into_the_next_and_nothing_else(before: dict[str, Any], other: dict[str, Any], touched: set[str]) -> None:
    after = before | {k: other[k] for k in touched}
    told = report.changes(before, after)
    named = [c["key"] for c in told]
    assert len(set(named)) == len(named) and set(named) <= touched
    built = before | {c["key"]: c["after"] for c in told}
    assert all(report.same(k, built[k], after[k]) for k in report.KEYS)
    assert all(report.same(c["key"], c["before"], before[c["key"]]) and not report.same(c["key"], c["before"], c["after"]) for c in told)
    assert {k for k in report.KEYS if not report.same(k, before[k], after[k])} == set(named)
    assert report.changes(before, before) == [] and report.changes(None, after) == []


def kept(number: int, kind: str, elements: dict[str, Any], at: dt.datetime = NOW) -> dict[str, Any]:
    return {"number": number, "kind": kind, "elements": elements, "recorded_at": at, "person": "张某", "actor": "zhang"}


def held(**facts: Any) -> dict[str, Any]:
    return {"facts": {"kind": "accident.fire", "level": 4, "level_least": False, "deaths": None, "serious": None} | facts, "code": "SJ-1",
            "exercise": True, "happened_at": NOW, "reported_at": NOW, "changed_at": NOW}  # fmt: skip


def test_unknown_is_never_a_zero_and_what_changed_is_marked() -> None:
    first, second = kept(1, "first", BLANK), kept(2, "follow", BLANK | {"deaths": 0, "trend": "火势已控制"})
    told = report.sheet(second, first, held(), [], KINDS, False)
    rows = {r["key"]: r for r in told["sections"][0]["parts"][0]["rows"]}
    assert (rows["deaths"]["value"], rows["deaths"]["tone"]) == ("0 人", "new")
    assert (rows["serious"]["value"], rows["serious"]["tone"]) == ("待查", "bad")
    assert {r["key"] for r in rows.values() if r["tone"] == "new"} == {"deaths", "trend"}
    changes = next(s for s in told["sections"] if s["key"] == "changes")
    assert [r["cells"] for r in changes["parts"][0]["rows"]] == [["死亡", "待查", "0 人"], ["发展趋势", "待查", "火势已控制"]]
    assert told["title"] == "库房起火 续报一" and told["exercise"] and "初报" in changes["title"]
    again = report.sheet(second | {"number": 3}, second, held(), [], KINDS, True)
    assert next(s for s in again["sections"] if s["key"] == "changes")["parts"][0]["empty"] == "nothing changed"


def test_names_of_reports() -> None:
    asked = (("first", 1), ("follow", 2), ("follow", 12), ("follow", 22), ("follow", 32), ("final", 5))
    assert [report.label(k, n).split(" / ")[0] for k, n in asked] == ["初报", "续报一", "续报十一", "续报二十一", "续报三十一", "终报"]
    assert report.label("follow", 11).startswith("续报十 ") and report.label("follow", 150).startswith("续报149")


@pytest.mark.parametrize(("level", "reports", "expected"), [
    (4, 0, {"written": 2}), (4, 1, {"written": 2, "daily": 24}), (1, 0, {"phone": 1, "written": 2}), (2, 1, {"phone": 1, "written": 2, "twice": 12}),
    (3, 1, {"phone": 1, "written": 2, "daily": 24}), (None, 1, {"phone": 1, "written": 2, "twice": 12}),
])  # fmt: skip
def test_deadlines_follow_the_level_and_the_unknown_level_is_the_strictest(level: int | None, reports: int, expected: dict[str, int]) -> None:
    found = report.due(TABLE, held(level=level, level_least=level is None), [kept(1, "first", BLANK)][:reports], NOW)
    assert {d["code"]: (d["at"] - NOW) / dt.timedelta(hours=1) for d in found} == expected
    assert all(d["source"] and d["strictest"] == (level is None) for d in found)
    late = report.due(TABLE, held(level=level, level_least=level is None), [], NOW + dt.timedelta(hours=3))
    assert all(d["passed"] for d in late)
    lines = report.told_due(found, held(level=level), False)
    assert all(any(d["source"] in line["text"] for line in lines) for d in found)


def test_changed_casualties_are_due_the_same_day_and_no_accident_has_no_deadline_here() -> None:
    found = report.due(TABLE, held(deaths=2), [kept(1, "first", BLANK)], NOW)
    assert next(d for d in found if d["code"] == "casualties")["at"] == dt.datetime(2026, 11, 26, 0, 0, tzinfo=report.BEIJING)
    assert not [d for d in report.due(TABLE, held(deaths=2), [kept(1, "first", BLANK | {"deaths": 2})], NOW) if d["code"] == "casualties"]
    assert {d["code"] for d in report.due(TABLE, held(), [kept(1, "first", BLANK), kept(2, "final", BLANK)], NOW)} == {"written"}
    flood = held(kind="natural.flood")
    assert report.due(TABLE, flood, [], NOW) == [] and report.told_due([], flood, False)[0]["tone"] == "bad"
