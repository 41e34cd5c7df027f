"""Several people at once over the real database: whatever they try, only legal moves happen, and the journals tell the same story."""

from __future__ import annotations

import datetime as dt
import threading
from collections import defaultdict
from contextlib import contextmanager
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from riskmap.core.actor import OFFICER, Actor
from riskmap.core.life_cycle import DECIDERS, EDITABLE, MOVES, OPEN, PROPOSERS, STATES
from riskmap.errors import BadInput, Conflict, Forbidden, NotFound, Problem
from riskmap.flows import propose, review
from riskmap.flows.register import Desk
from riskmap.store import features
from riskmap.store.database import Database
from tests.flows.test_propose import NOW, TANK, People, desk, handed_in, in_force, people  # noqa: F401

LAYER = "risk_source"


class Desks(RuleBasedStateMachine):
    """Two clerks and two reviewers of one district, a clerk and a reviewer of another, and an officer of the city.

    `said` is the model: id → {state, version, maker, org, feature, base, severity}; `records`: feature id → [org, version, severity].
    """

    db: Database
    at: Desk
    who: tuple[Actor, ...]
    clock = iter(range(10**9))
    reached: dict[str, int]

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[int, dict[str, Any]] = {}
        self.records: dict[int, list[int]] = {}

    # helpers

    def actor(self, n: int) -> Actor:
        return self.who[n % len(self.who)]

    def sees(self, actor: Actor, org: int) -> bool:
        return actor.scope == "city" or org in actor.orgs

    def pick(self, n: int, c: int, to: str) -> tuple[Actor, int, dict[str, Any]] | None:
        """An actor and a proposal: three times of four, where there is one, a pair that may make this move; else any."""
        able = [(a, id, one) for id, one in self.said.items() for a in self.who if self.refusal(a, one, to) is None]
        if able and c % 4:
            return able[n % len(able)]
        return (self.actor(n), *list(self.said.items())[c % len(self.said)]) if self.said else None

    @contextmanager
    def expecting(self, fault: type[Problem] | None):
        """The step succeeds when `fault` is None, else it raises just that."""
        if fault is None:
            yield
            return
        with pytest.raises(fault) as told:
            yield
        assert type(told.value) is fault, told.value

    def refusal(self, actor: Actor, one: dict[str, Any], to: str) -> type[Problem] | None:
        """What the rules say of this actor making this move."""
        if not self.sees(actor, one["org"]):
            return NotFound
        mover = "maker" if to == "edited" and one["state"] in EDITABLE else MOVES.get((one["state"], to))
        if mover is None:
            return Conflict
        if mover == "maker":
            return None if actor.id == one["maker"] else Forbidden
        return None if actor.id != one["maker"] and actor.role in DECIDERS else Forbidden

    def moved(self, id: int, to: str, version: int) -> None:
        self.said[id] |= {"state": to, "version": version}
        self.reached[to] += 1

    # what people do

    @initialize()
    def a_day_begins(self) -> None:
        for n in range(4):
            self.begin((0, 1, 4, 6)[n], 5, n * 10_000)
            self.submit(n, 1)

    @rule(n=st.integers(0, 99), severity=st.integers(1, 5), far=st.integers(0, 10**6))
    def begin(self, n: int, severity: int, far: int) -> None:
        actor = self.actor(n)
        if actor.role not in PROPOSERS:
            with self.expecting(Forbidden), self.db.as_user(actor, write=True) as conn:
                propose.draft(conn, self.at, self.at.catalogue.layer(LAYER), "create", TANK, actor, NOW)
            return
        values = TANK | {"name": f"单元 {next(self.clock)}", "severity": severity, "lon": 116.3 + far / 1e7}
        with self.db.as_user(actor, write=True) as conn:
            id = propose.draft(conn, self.at, self.at.catalogue.layer(LAYER), "create", values, actor, NOW)
            org = conn.execute("SELECT steward_org FROM feature_change WHERE id = %s", (id,)).fetchone()["steward_org"]
        self.said[id] = {
            "state": "draft",
            "version": 1,
            "maker": actor.id,
            "org": org,
            "feature": None,
            "base": None,
            "severity": severity,
        }

    @rule(n=st.integers(0, 99), r=st.integers(0, 99), severity=st.integers(1, 5), behind=st.booleans())
    def begin_change(self, n: int, r: int, severity: int, behind: bool) -> None:
        if not self.records:
            return
        actor, (feature, (org, version, _)) = self.actor(n), list(self.records.items())[r % len(self.records)]
        open_ = any(c["feature"] == feature and c["state"] in OPEN for c in self.said.values())
        fault = (
            Forbidden
            if actor.role not in PROPOSERS
            else NotFound
            if not self.sees(actor, org)
            else Conflict
            if open_ or behind
            else None
        )
        with self.expecting(fault), self.db.as_user(actor, write=True) as conn:
            id = propose.draft(conn, self.at, self.at.catalogue.layer(LAYER), "change", {"severity": severity}, actor, NOW,
                               feature=feature, base_version=version - behind)  # fmt: skip
            self.said[id] = {"state": "draft", "version": 1, "maker": actor.id, "org": org, "feature": feature, "base": version,
                             "severity": severity}  # fmt: skip

    @rule(n=st.integers(0, 99), c=st.integers(0, 99), severity=st.integers(1, 5))
    def edit(self, n: int, c: int, severity: int) -> None:
        if (found := self.pick(n, c, "edited")) is None:
            return
        actor, id, one = found
        fault = self.refusal(actor, one, "edited")
        with self.expecting(fault), self.db.as_user(actor, write=True) as conn:
            version = propose.edit(conn, self.at, id, one["version"], {"severity": severity}, actor, NOW)
        if fault is None:
            self.said[id] |= {"severity": severity, "version": version}

    @rule(n=st.integers(0, 99), c=st.integers(0, 99))
    def submit(self, n: int, c: int) -> None:
        if (found := self.pick(n, c, "submitted")) is None:
            return
        actor, id, one = found
        fault = self.refusal(actor, one, "submitted")
        if fault is None and one["feature"] and one["base"]:
            held = self.records[one["feature"]]
            fault = Conflict if held[1] != one["base"] else BadInput if held[2] == one["severity"] else None
        with self.expecting(fault), self.db.as_user(actor, write=True) as conn:
            version = propose.submit(conn, self.at, id, one["version"], actor, NOW)
        if fault is None:
            self.moved(id, "submitted", version)

    @rule(n=st.integers(0, 99), c=st.integers(0, 99))
    def withdraw(self, n: int, c: int) -> None:
        if (found := self.pick(n, c, "withdrawn")) is None:
            return
        actor, id, one = found
        fault = self.refusal(actor, one, "withdrawn")
        with self.expecting(fault), self.db.as_user(actor, write=True) as conn:
            version = propose.withdraw(conn, id, one["version"], actor, NOW)
        if fault is None:
            self.moved(id, "withdrawn", version)

    @rule(n=st.integers(0, 99), c=st.integers(0, 99))
    def send_back(self, n: int, c: int) -> None:
        if (found := self.pick(n, c, "returned")) is None:
            return
        actor, id, one = found
        fault = self.refusal(actor, one, "returned")
        with self.expecting(fault), self.db.as_user(actor, write=True) as conn:
            version = review.send_back(conn, self.at, id, one["version"], ["place"], "", actor, NOW)
        if fault is None:
            self.moved(id, "returned", version)

    @rule(n=st.integers(0, 99), c=st.integers(0, 99), seen=st.booleans())
    def approve(self, n: int, c: int, seen: bool) -> None:
        if (found := self.pick(n, c, "approved")) is None:
            return
        actor, id, one = found
        fault = self.refusal(actor, one, "approved")
        if fault is not NotFound and not seen:
            fault = Conflict
        if fault is None and one["feature"] and self.records[one["feature"]][1] != one["base"]:
            fault = Conflict
        with self.expecting(fault), self.db.as_user(actor, write=True) as conn:
            done = review.approve(conn, self.at, id, one["version"] - (not seen), actor, NOW)
        if fault is None:
            self.moved(id, "approved", done["version"])
            feature = one["feature"] = done["feature_id"]
            self.records[feature] = [one["org"], self.records.get(feature, [0, 0, 0])[1] + 1, one["severity"]]

    @rule(n=st.integers(0, 99), c=st.integers(0, 99), to=st.sampled_from(STATES))
    def around(self, n: int, c: int, to: str) -> None:
        """The same moves by plain SQL: the database takes none that the rules do not have, and no approval that puts nothing in force."""
        if (found := self.pick(n, c, to)) is None:
            return
        actor, id, one = found
        decided = to in ("approved", "returned")
        try:
            with self.db.as_user(actor, write=True) as conn:
                n = conn.execute(
                    """UPDATE feature_change SET state = %(to)s, version = version + 1, reason = 'over SQL',
                         checker = CASE WHEN %(decided)s THEN %(actor)s ELSE checker END,
                         decided_at = CASE WHEN %(decided)s THEN now() ELSE decided_at END
                       WHERE id = %(id)s RETURNING version""",
                    {"to": to, "decided": decided, "actor": actor.id, "id": id},
                ).fetchall()  # fmt: skip
        except Exception:  # noqa: S110 - which of the refusals it was is told elsewhere
            return
        if n:
            assert self.refusal(actor, one, to) is None and to != "approved", (one, to, actor.id)
            self.moved(id, to, n[0]["version"])
        else:
            assert not self.sees(actor, one["org"]) or actor.role not in DECIDERS | {"district_clerk"}

    # what is always so

    @invariant()
    def the_database_and_its_journals_say_the_same(self) -> None:
        if not self.said:
            return
        ids = list(self.said)
        with self.db.as_user(OFFICER) as conn:
            kept = conn.execute(
                "SELECT id, state, version, maker, checker, feature_id FROM feature_change WHERE id = ANY (%s)", (ids,)
            ).fetchall()
            moves = conn.execute(
                "SELECT change_id, from_state, to_state, actor FROM feature_change_event WHERE change_id = ANY (%s) ORDER BY id",
                (ids,),
            ).fetchall()
            audit = conn.execute("""SELECT object_id, operation, actor, before ->> 'state' AS was, after ->> 'state' AS is FROM audit
                                    WHERE operation LIKE 'change.%%' AND object_id = ANY (%s) ORDER BY id""", (ids,)).fetchall()  # fmt: skip
            for feature, (org, version, severity) in self.records.items():
                found = features.one(conn, LAYER, feature, NOW.date())
                assert (found["steward_org"], found["version"], found["attributes"]["severity"]) == (org, version, severity)
        assert {k["id"]: (k["state"], k["version"]) for k in kept} == {
            i: (c["state"], c["version"]) for i, c in self.said.items()
        }
        assert all(k["checker"] != k["maker"] for k in kept)
        replayed: dict[int, str | None] = defaultdict(lambda: None)
        for m in moves:
            assert replayed[m["change_id"]] == m["from_state"]
            assert m["from_state"] is None or (m["from_state"], m["to_state"]) in MOVES
            replayed[m["change_id"]] = m["to_state"]
        assert dict(replayed) == {i: c["state"] for i, c in self.said.items()}
        told: dict[int, str | None] = {}
        for a in audit:  # by the flows alone; SQL around them is seen in the moves
            told[a["object_id"]] = a["is"]
        assert all(told[k["id"]] == "approved" for k in kept if k["state"] == "approved")


def test_whatever_people_try(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    Desks.db, Desks.at, Desks.reached = db, desk, defaultdict(int)
    Desks.who = (people.clerk, people.second, people.reviewer, people.head, people.stranger, people.their_reviewer, OFFICER)
    run_state_machine_as_test(
        Desks, settings=settings(max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
    )
    assert all(Desks.reached[state] >= 2 for state in STATES if state != "draft"), Desks.reached  # it did get somewhere


def test_the_audit_alone_replays_to_the_same_state(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    feature = in_force(db, desk)
    one, version = handed_in(db, desk, people.clerk, {"severity": 2}, kind="change", feature=feature, base_version=1)
    with db.as_user(people.reviewer, write=True) as conn:
        version = review.send_back(conn, desk, one, version, ["place"], "", people.reviewer, NOW)
    with db.as_user(people.clerk, write=True) as conn:
        version = propose.edit(conn, desk, one, version, {"severity": 3}, people.clerk, NOW)
        version = propose.submit(conn, desk, one, version, people.clerk, NOW)
    with db.as_user(people.head, write=True) as conn:
        review.approve(conn, desk, one, version, people.head, NOW)
    two, version = handed_in(db, desk, people.second, TANK | {"lon": 116.5, "lat": 39.6})
    with db.as_user(OFFICER) as conn:
        audit = conn.execute("SELECT * FROM audit WHERE operation LIKE 'change.%' ORDER BY id").fetchall()
        states, versions = {}, {}
        for a in audit:
            assert (a["before"] or {}).get("state") == states.get(a["object_id"]), a
            assert a["actor"] in ("clerk", "second", "reviewer", "head") and a["steward_org"] == people.clerk.org
            states[a["object_id"]], versions[a["object_id"]] = a["after"]["state"], a["after"].get("version")
        kept = conn.execute("SELECT id, state, version FROM feature_change").fetchall()
        events = conn.execute("SELECT payload FROM event WHERE kind = 'changes.moved' ORDER BY id").fetchall()
    assert states == {k["id"]: k["state"] for k in kept} == {one: "approved", two: "submitted"}
    assert versions == {k["id"]: k["version"] for k in kept}
    assert {e["payload"]["change"]: e["payload"]["state"] for e in events} == states


def test_two_reviewers_at_once_one_wins(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    for n in range(4):
        id, version = handed_in(db, desk, people.clerk, TANK | {"name": f"{n} 号库", "lon": 116.31 + n / 50})
        start, told = threading.Barrier(2), []

        def decide(who: Actor, id: int = id, version: int = version, start: threading.Barrier = start, told: list = told) -> None:
            start.wait()
            try:
                with db.as_user(who, write=True) as conn:
                    told.append(review.approve(conn, desk, id, version, who, dt.datetime.now(dt.UTC))["state"])
            except Problem as refused:
                told.append(refused.code)

        threads = [threading.Thread(target=decide, args=(who,)) for who in (people.reviewer, people.head)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert sorted(told) == ["approved", "conflict"]
    with db.as_user(OFFICER) as conn:
        assert conn.execute("SELECT count(*) AS n FROM feature").fetchone() == {"n": 4}


def test_an_approval_and_an_edit_in_force_at_once_lose_nothing(db: Database, desk: Desk, people: People) -> None:  # noqa: F811
    from riskmap.flows import register

    feature = in_force(db, desk)
    id, version = handed_in(db, desk, people.clerk, {"severity": 2}, kind="change", feature=feature, base_version=1)
    start, told = threading.Barrier(2), []

    def approve() -> None:
        start.wait()
        with db.as_user(people.reviewer, write=True) as conn:
            review.approve(conn, desk, id, version, people.reviewer, dt.datetime.now(dt.UTC))

    def save() -> None:
        start.wait()
        with db.as_user(OFFICER, write=True) as conn:
            register.save(
                conn, desk, desk.catalogue.layer(LAYER), {"likelihood": 1}, OFFICER, dt.datetime.now(dt.UTC), feature, 1
            )

    def trying(act: Any) -> None:
        try:
            act()
            told.append("done")
        except Problem as refused:
            told.append(refused.code)

    threads = [threading.Thread(target=trying, args=(act,)) for act in (approve, save)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(told) == ["conflict", "done"]
    with db.as_user(OFFICER) as conn:
        found = features.one(conn, LAYER, feature, NOW.date())
        assert found["version"] == 2 and len(found["history"]) == 2
