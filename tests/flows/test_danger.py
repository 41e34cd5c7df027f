"""The hidden dangers' loop against the real database: several people, every move, and what the database refuses by itself."""

from __future__ import annotations

import datetime as dt
from typing import Any

import hypothesis.strategies as st
import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from riskmap import catalogue
from riskmap.core import danger
from riskmap.core.actor import OFFICER, OPERATOR, Actor
from riskmap.core.role import MAY, may
from riskmap.errors import Conflict, Forbidden, NotFound, Problem
from riskmap.flows import danger as loop
from riskmap.flows import register
from riskmap.flows.register import Desk
from riskmap.settings import settings
from riskmap.store import dangers
from riskmap.store.dangers import Asked
from riskmap.store.places import gazetteer
from tests.flows.test_propose import TANK

NOW = dt.datetime.now(dt.UTC)
TODAY = (NOW + dt.timedelta(hours=8)).date()
DAY = dt.timedelta(days=1)
LAYERS = catalogue.load(settings().layers_dir, settings().data_dir / "codes")


def people(db) -> dict[str, Actor]:
    with db.as_user(OFFICER) as conn:
        org = {r["district_code"]: r["id"] for r in conn.execute("SELECT id, district_code FROM org WHERE kind = 'district'").fetchall()}
    here, there = org["110115"], org["110105"]
    made = {"zhou": ("district_clerk", here), "wang": ("street_clerk", here), "shen": ("reviewer", here), "tou": ("district_head", here),
            "wai": ("reviewer", there), "yuan": ("district_clerk", there)}  # fmt: skip
    who = {n: Actor(n, n, role, o, "org", (o,)) for n, (role, o) in made.items()}
    return who | {"shi": Actor("shi", "shi", "risk_officer", 1, "city", (1,)), "zhi": Actor("zhi", "zhi", "commander", 1, "city", (1,))}


def source(db) -> int:
    with db.as_user(OFFICER) as conn:
        desk = Desk(LAYERS, gazetteer(conn), 100)
    with db.as_user(OFFICER, write=True) as conn:
        return register.save(conn, desk, LAYERS.layer("risk_source"), TANK, OFFICER, NOW)


def found(db, who: Actor, feature: int, **more: Any) -> dict[str, Any]:
    values = {"feature_id": feature, "title": "紧急切断阀失效", "grade": "major", "criterion": "chem-05", "found_on": TODAY - 20 * DAY}
    with db.as_user(who, write=True) as conn:
        return loop.register(conn, LAYERS, values | more, who, NOW)


def step(db, who: Actor, at: dict[str, Any], name: str, **given_: Any) -> dict[str, Any]:
    with db.as_user(who, write=True) as conn:
        return loop.move(conn, at["id"], at["version"], name, given_, who, NOW)


def test_from_found_to_closed_by_two_people(db):
    p, feature = people(db), source(db)
    one = found(db, p["zhou"], feature)
    assert one["state"] == "registered" and one["criterion"] == "chem-05"
    one = step(db, p["zhou"], one, "list", deadline_on=TODAY - DAY, unit="甲一净水剂厂", person="李某")
    assert one["state"] == "listed" and one["overdue"]
    one = step(db, p["wang"], one, "rectify", note="阀门已更换", attachment="照片 12")
    with pytest.raises(Forbidden):
        step(db, p["wang"], one, "close")
    with pytest.raises(NotFound):
        step(db, p["wai"], one, "close")
    one = step(db, p["shen"], one, "return", note="缺试验记录")
    assert one["state"] == "rectifying"
    one = step(db, p["zhou"], one, "rectify", note="补试验记录")
    stale = one
    one = step(db, p["tou"], one, "close")
    assert one["state"] == "closed" and not one["overdue"] and not one["steps"]
    with pytest.raises(Conflict) as told:
        step(db, p["shen"], stale, "return", note="再看")
    assert told.value.extra["since"][0]["move"] == "close"
    assert [e["move"] for e in one["history"]] == ["register", "list", "rectify", "return", "rectify", "close"]


def test_a_deadline_is_moved_by_a_second_person_and_supervision_is_lifted_before_closing(db):
    p, feature = people(db), source(db)
    one = found(db, p["zhou"], feature, deadline_on=TODAY - DAY, unit="甲", person="李")
    one = step(db, p["shi"], one, "ask", asked_on=TODAY + DAY, note="备件未到")
    with pytest.raises(Forbidden):
        step(db, p["shi"], one, "extend")
    one = step(db, p["shen"], one, "extend")
    assert one["deadline_on"] == TODAY + DAY and one["asked_on"] is None and not one["overdue"]
    with pytest.raises(Forbidden):
        step(db, p["shen"], one, "supervise", supervision="city", note="市安委会")
    one = step(db, p["shi"], one, "supervise", supervision="city", note="市安委会")
    assert one["supervised_by"] == "shi"
    one = step(db, p["zhou"], one, "rectify", note="已换")
    with pytest.raises(Conflict):
        step(db, p["shen"], one, "close")
    one = step(db, p["shi"], one, "lift", note="验收合格")
    assert step(db, p["shen"], one, "close")["state"] == "closed"


RAW = """INSERT INTO hidden_danger_event (danger_id, steward_org, move, state, deadline_on, person, unit, asked_on, supervision, note,
                                          happened_on, actor)
         SELECT id, steward_org, %(move)s, %(state)s, %(deadline_on)s, %(person)s, %(unit)s, %(asked_on)s, %(supervision)s, %(note)s,
                %(on)s, %(actor)s
         FROM hidden_danger WHERE id = %(id)s"""


def raw(db, who: Actor, one: dict[str, Any], move: str, state: str, actor: str = "", **more: Any) -> bool:
    """Whether the database takes an event that no flow of ours made."""
    put = {k: one[k] for k in ("id", "deadline_on", "person", "unit", "asked_on", "supervision")}
    put |= {"move": move, "state": state, "note": "原因写明", "on": TODAY, "actor": actor or who.id} | more
    try:
        with db.as_user(who, write=True) as conn, conn.transaction(force_rollback=True):
            return conn.execute(RAW, put).rowcount == 1
    except (Forbidden, psycopg.errors.RestrictViolation, psycopg.errors.InsufficientPrivilege):
        return False


def test_the_database_refuses_by_itself(db):
    p, feature = people(db), source(db)
    one = found(db, p["zhou"], feature, deadline_on=TODAY, unit="甲", person="李")
    one = step(db, p["zhou"], one, "rectify", note="已换")
    assert raw(db, p["shen"], one, "close", "closed")
    assert not raw(db, p["shen"], one, "close", "closed", actor="tou")
    assert not raw(db, p["zhou"], one, "close", "closed") and not raw(db, p["wai"], one, "close", "closed")
    assert not raw(db, p["shi"], one, "import", "closed") and not raw(db, p["shen"], one, "import", "closed")
    assert not raw(db, p["shen"], one, "close", "listed") and not raw(db, p["shen"], one, "withdraw", "withdrawn")
    assert not raw(db, p["shen"], one, "close", "closed", deadline_on=TODAY + DAY)
    assert not raw(db, p["shen"], one, "return", "rectifying", note=" ") and not raw(db, p["shen"], one, "extend", "rectified")
    assert not raw(db, p["shen"], one, "close", "closed", on=TODAY - 30 * DAY)
    own = step(db, p["shi"], step(db, p["shen"], one, "return", note="重做"), "rectify", note="市局整改")
    assert not raw(db, p["shi"], own, "close", "closed") and raw(db, p["tou"], own, "close", "closed")


@pytest.mark.parametrize("role", [*MAY, "nobody", ""])
def test_the_database_believes_the_same_of_roles(db, role):
    with db.as_user(Actor("someone", "x", role, 1, "city", (1,))) as conn:
        said = conn.execute("SELECT app.may_report_danger() AS report, app.may_rectify_danger() AS rectify, "
                            "app.may_check_danger() AS check, app.may_supervise_danger() AS supervise").fetchone()  # fmt: skip
    assert said == {what: may(role, f"danger.{what}") for what in said}


def test_many_people_move_as_they_like_and_nothing_illegal_stands(db):
    """Every try by the flow and by the bare table; the model says what may happen, the audit replays to what stands."""
    who, feature = people(db), source(db)

    class Loop(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.one = found(db, who["zhou"], feature)

        @rule(name=st.sampled_from(sorted(danger.MOVES)), by=st.sampled_from(sorted(who)), stale=st.integers(0, 4))
        def moved(self, name: str, by: str, stale: int) -> None:
            before, actor = self.one, who[by]
            seen_ = before | ({"version": before["version"] + 1} if stale == 0 else {})
            sees = by not in ("wai", "yuan")
            move = danger.MOVES[name]
            legal = sees and stale and danger.standing(move, before) and not danger.barred(move, before, actor)
            values = {"deadline_on": TODAY, "unit": "甲", "person": "李", "note": "原因", "supervision": "city",
                      "asked_on": (before["deadline_on"] or TODAY) + DAY}  # fmt: skip
            try:
                self.one = step(db, actor, seen_, name, **values)
                assert legal
            except Problem:
                assert not legal

        @rule(move=st.sampled_from(["import", *sorted(danger.MOVES)]), state=st.sampled_from(danger.STATES), by=st.sampled_from(sorted(who)))
        def bare(self, move: str, state: str, by: str) -> None:
            if raw(db, who[by], self.one, move, state):
                made = danger.MOVES[move]
                assert (made.to or self.one["state"]) == state and not danger.barred(made, self.one, who[by]) and danger.standing(made, self.one)

        @invariant()
        def replays(self) -> None:
            with db.as_user(OPERATOR) as conn:
                told = conn.execute("SELECT before, after FROM audit WHERE object_id = %s AND operation LIKE 'danger.%%' ORDER BY id",
                                    (self.one["id"],)).fetchall()  # fmt: skip
                now = dangers.one(conn, self.one["id"], TODAY)
                events = dangers.history(conn, self.one["id"])
            state: dict[str, Any] = {}
            for line in told:
                assert not line["before"] or all(state.get(k) == v for k, v in line["before"].items() if k in state)
                state |= line["after"]
            assert now and len(told) == len(events) == now["version"] == state["version"]
            for k in ("state", "person", "unit", "supervision"):
                assert state.get(k) == now[k]
            for k in ("deadline_on", "asked_on"):
                assert state.get(k) == (now[k] and now[k].isoformat())
            work = {e["seq"]: e["actor"] for e in events if e["move"] == "rectify"}
            for e in events:
                if e["move"] in ("close", "return"):
                    assert work[max(s for s in work if s < e["seq"])] != e["actor"]

    run_state_machine_as_test(
        Loop, settings=examples(max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    )


ROWS = st.lists(st.fixed_dictionaries({
    "state": st.sampled_from(danger.STATES), "grade": st.sampled_from(["general", "major"]),
    "found_on": st.dates(dt.date(2025, 1, 1), dt.date(2026, 6, 1)),
    "deadline_on": st.none() | st.dates(dt.date(2025, 1, 1), dt.date(2026, 12, 31)),
    "happened_on": st.dates(dt.date(2026, 6, 1), dt.date(2026, 11, 1)),
}), max_size=30)  # fmt: skip


@given(rows=ROWS, today=st.dates(dt.date(2026, 6, 1), dt.date(2026, 12, 31)))
def test_the_figures_are_those_of_an_independent_sum(rows, today):
    import duckdb

    flat = [(r["state"], r["grade"], r["found_on"], r["deadline_on"], r["happened_on"]) for r in rows]
    conn = duckdb.connect()
    conn.execute("CREATE TABLE d (s TEXT, g TEXT, f DATE, l DATE, h DATE)")
    if flat:
        conn.executemany("INSERT INTO d VALUES (?, ?, ?, ?, ?)", flat)
    told = conn.execute("""SELECT count(*), count(*) FILTER (s = 'closed'), count(*) FILTER (s <> 'closed' AND l < $t),
        count(*) FILTER (s <> 'closed' AND l < $t AND g = 'major'), count(*) FILTER (s <> 'closed' AND l IS NULL),
        count(*) FILTER (s = 'closed') / nullif(count(*), 0),
        count(*) FILTER (s = 'closed' AND h <= l) / nullif(count(*) FILTER (s = 'closed' AND l IS NOT NULL), 0),
        avg(h - f) FILTER (s = 'closed') FROM d WHERE s <> 'withdrawn'""", {"t": today}).fetchone()  # fmt: skip
    ours = danger.figures(rows, today)
    names = ("all", "closed", "overdue", "overdue_major", "no_deadline", "closing_rate", "on_time_rate", "mean_days")
    for name, theirs in zip(names, told, strict=True):
        assert (ours[name] is None) == (theirs is None) and (theirs is None or ours[name] == pytest.approx(theirs)), name
    if rows:
        year = danger.trend(rows, today, 36)
        assert sum(m["closed"] for m in year) == ours["closed"] or today < dt.date(2026, 11, 1)
        assert sum(m["found"] for m in year) == ours["all"]


def test_the_statistics_lead_to_their_rows(db):
    p, feature = people(db), source(db)
    late = found(db, p["zhou"], feature, deadline_on=TODAY - DAY, unit="甲", person="李")
    found(db, p["zhou"], feature, grade="general")
    with db.as_user(p["shi"]) as conn:
        stats = loop.statistics(conn, Asked(), NOW)
        for key, name in (("districts", "districts"), ("sectors", "sectors")):
            for group in stats[key]:
                assert len(dangers.page(conn, Asked(**{name: [group["code"] or ""]}), TODAY, 100)) == group["all"]
        assert [r["id"] for r in dangers.page(conn, Asked(late=True), TODAY, 10)] == [late["id"]]
        assert stats["total"]["closing_rate"] == 0 and stats["total"]["mean_days"] is None
        first = dangers.page(conn, Asked(), TODAY, 1)
        second = dangers.page(conn, Asked(), TODAY, 5, (first[0]["ended"], first[0]["due_on"], first[0]["id"]))
        assert len({r["id"] for r in [*first, *second]}) == 2
    with db.as_user(p["yuan"]) as conn:
        assert loop.statistics(conn, Asked(), NOW)["total"]["closing_rate"] is None
