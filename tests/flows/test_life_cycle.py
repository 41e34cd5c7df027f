"""Several people at once over the real database: whatever they try, only legal moves happen, and the journals tell the same story."""

from __future__ import annotations

import datetime as dt
import threading
from collections import defaultdict
from contextlib import contextmanager
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from riskmap.core.actor import OFFICER, Actor
from riskmap.core.life_cycle import DECIDERS, EDITABLE, KINDS, MOVES, OPEN, PROPOSERS, STATES
from riskmap.errors import BadInput, Conflict, Forbidden, NotFound, Problem
from riskmap.flows import propose, review
from riskmap.flows.register import Desk
from riskmap.store import features
from riskmap.store.database import Database
from tests.flows.test_propose import NOW, TANK, People, desk, handed_in, in_force, people  # noqa: F401

LAYER = "risk_source"


class Desks(RuleBasedStateMachine):
    """Two clerks and two reviewers of one district, a clerk and a reviewer of another, and an officer of the city.

    `said` is the model: id → {kind, state, version, maker, org, feature, base, severity, from, to, confirmed, checker, into};
    `records`: feature id → [org, version, severity, retired].
    """

    db: Database
    at: Desk
    who: tuple[Actor, ...]
    clock = iter(range(10**9))
    days = iter(range(10**9))
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

    def acts(self, actor: Actor, one: dict[str, Any]) -> bool:
        """A proposal is there for who sees its record; a confirmed transfer for who decides on the side that takes it, too."""
        takes = one["to"] in actor.orgs and actor.role in DECIDERS and one["state"] == "confirmed"
        return self.sees(actor, one["org"]) or takes

    @staticmethod
    def step(one: dict[str, Any]) -> str:
        return "confirmed" if one["kind"] == "transfer" and one["state"] != "confirmed" else "approved"

    def pick(self, n: int, c: int, to: str) -> tuple[Actor, int, dict[str, Any]] | None:
        """An actor and a proposal: three times of four, where there is one, a pair that may make this move (`next`: approve); else any."""
        able = [(a, id, one) for id, one in self.said.items() for a in self.who
                if self.refusal(a, one, self.step(one) if to == "next" else to) is None]  # fmt: skip
        if able and c % 4:
            kinds = sorted({one["kind"] for _, _, one in able}, key=lambda kind: (kind != "transfer", kind))
            of = [found for found in able if found[2]["kind"] == kinds[c // 4 % len(kinds)]]
            return of[n % len(of)]
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
        if not self.acts(actor, one):
            return NotFound
        move, transfer = (one["state"], to), one["kind"] == "transfer"
        mover = "maker" if to == "edited" and one["state"] in EDITABLE else MOVES.get(move)
        if mover is None or (transfer and move == ("submitted", "approved")) or (not transfer and to == "confirmed"):
            return Conflict
        if mover == "maker":
            return None if actor.id == one["maker"] else Forbidden
        if actor.id == one["maker"] or actor.role not in DECIDERS:
            return Forbidden
        if transfer and ((one["to"] if one["state"] == "confirmed" else one["from"]) not in actor.orgs or actor.id == one["confirmed"]):
            return Forbidden
        return None

    def moved(self, id: int, to: str, version: int) -> None:
        self.said[id] |= {"state": to, "version": version}
        self.reached[to] += 1

    # what people do

    @initialize()
    def a_day_begins(self) -> None:
        for n in range(3):
            self.begin(0, 5, n * 10_000)
            self.submit(0, 1)
            self.approve(0, 1, True)
        kind = KINDS[next(self.days) % len(KINDS)]  # one of each kind goes all the way, whatever follows
        if kind == "change":
            self.begin_change(0, 0, 3, False)
        elif kind != "create":
            self.begin_end(0, 0, kind, False)
        for _ in range(2):
            self.submit(0, 1)
            self.approve(0, 1, True)
        for n in (4, 6):
            self.begin(n, 5, n * 10_000)
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
            id = propose.draft(conn, self.at, self.at.catalogue.layer(LAYER), "create", values, actor, NOW, note="跨区")
            org = conn.execute("SELECT steward_org FROM feature_change WHERE id = %s", (id,)).fetchone()["steward_org"]
        self.began(id, "create", actor, org, severity=severity)

    def began(self, id: int, kind: str, actor: Actor, org: int, **more: Any) -> None:
        self.said[id] = {"kind": kind, "state": "draft", "version": 1, "maker": actor.id, "org": org, "feature": None, "base": None,
                         "severity": None, "from": None, "to": None, "confirmed": None, "checker": None, "into": None} | more  # fmt: skip

    @rule(n=st.integers(0, 99), r=st.integers(0, 99), severity=st.integers(1, 5), behind=st.booleans())
    def begin_change(self, n: int, r: int, severity: int, behind: bool) -> None:
        if not self.records:
            return
        actor, (feature, (org, version, _, _)) = self.actor(n), list(self.records.items())[r % len(self.records)]
        fault = self.no_beginning(actor, feature, behind)
        with self.expecting(fault), self.db.as_user(actor, write=True) as conn:
            id = propose.draft(conn, self.at, self.at.catalogue.layer(LAYER), "change", {"severity": severity}, actor, NOW,
                               feature=feature, base_version=version - behind)  # fmt: skip
            self.began(id, "change", actor, org, feature=feature, base=version, severity=severity)

    def no_beginning(self, actor: Actor, feature: int, behind: bool) -> type[Problem] | None:
        org, _, _, retired = self.records[feature]
        if actor.role not in PROPOSERS:
            return Forbidden
        if not self.sees(actor, org):
            return NotFound
        open_ = any(c["feature"] == feature and c["state"] in OPEN for c in self.said.values())
        return Conflict if open_ or behind or retired else None

    @rule(n=st.integers(0, 99), r=st.integers(0, 99), kind=st.sampled_from(["retire", "transfer", "merge", "split"]), behind=st.booleans())
    def begin_end(self, n: int, r: int, kind: str, behind: bool) -> None:
        """A record's end or its going over; three times of four by a clerk who may."""
        if not self.records:
            return
        feature, (org, version, severity, _) = list(self.records.items())[r % len(self.records)]
        able = [a for a in self.who if self.no_beginning(a, feature, False) is None]
        actor = able[n % len(able)] if able and n % 4 < 3 else self.actor(n)
        fault = self.no_beginning(actor, feature, behind)
        orgs = {c.org: code for c, code in ((self.who[0], "110115"), (self.who[4], "110106"))}
        to = next((o for o in orgs if o != org), None)
        into = next((f for f, (o, _, _, gone) in self.records.items() if f != feature and o == org and not gone), None)
        more: dict[str, Any] = {
            "transfer": {"to": orgs[to]} if to else {},
            "merge": {"into": into},
            "split": {"parts": [TANK | {"name": f"拆 {next(self.clock)}", "severity": 2, "lon": 116.36 + k / 100} for k in (1, 2)]},
        }.get(kind, {})
        if fault is None and kind == "merge" and into is None:
            fault = BadInput
        with self.expecting(fault), self.db.as_user(actor, write=True) as conn:
            id = propose.draft(conn, self.at, self.at.catalogue.layer(LAYER), kind, {}, actor, NOW, feature=feature,
                               base_version=version - behind, note="说明", **more)  # fmt: skip
            sides = {"from": org, "to": to} if kind == "transfer" else {}
            self.began(id, kind, actor, org, feature=feature, base=version, severity=severity, into=into if kind == "merge" else None, **sides)

    @rule(n=st.integers(0, 99), c=st.integers(0, 99), severity=st.integers(1, 5))
    def edit(self, n: int, c: int, severity: int) -> None:
        if (found := self.pick(n, c, "edited")) is None:
            return
        actor, id, one = found
        fault = self.refusal(actor, one, "edited")
        if fault is None and one["kind"] not in ("create", "change"):
            fault = BadInput
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
            same = one["kind"] == "change" and held[2] == one["severity"]
            fault = Conflict if held[1] != one["base"] else BadInput if same or self.nothing_to_merge_into(one) else None
        with self.expecting(fault), self.db.as_user(actor, write=True) as conn:
            version = propose.submit(conn, self.at, id, one["version"], actor, NOW)
        if fault is None:
            self.moved(id, "submitted", version)

    def nothing_to_merge_into(self, one: dict[str, Any]) -> bool:
        return one["kind"] == "merge" and (self.records[one["into"]][3] or self.records[one["into"]][0] != one["org"])

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
            one |= {"checker": actor.id, "confirmed": None}
            self.moved(id, "returned", version)

    @rule(n=st.integers(0, 99), c=st.integers(0, 99), seen=st.booleans())
    def approve(self, n: int, c: int, seen: bool) -> None:
        if (found := self.pick(n, c, "next")) is None:
            return
        actor, id, one = found
        to = self.step(one)
        fault = self.refusal(actor, one, to)
        if fault is not NotFound and not seen:
            fault = Conflict
        feature = one["feature"]
        if fault is None and feature and (self.records[feature][1] != one["base"] or self.nothing_to_merge_into(one)):
            fault = Conflict
        with self.expecting(fault), self.db.as_user(actor, write=True) as conn:
            done = review.approve(conn, self.at, id, one["version"] - (not seen), actor, NOW)
        if fault is not None:
            return
        self.moved(id, to, done["version"])
        self.reached[one["kind"]] += to == "approved"
        one |= {"confirmed": actor.id} if to == "confirmed" else {"checker": actor.id}
        if to == "confirmed":
            one["checker"] = None
            return
        feature = one["feature"] = done["feature_id"]
        org, version, severity, _ = self.records.get(feature, [one["org"], 0, None, False])
        if one["kind"] in ("create", "change"):
            self.records[feature] = [org, version + 1, one["severity"], False]
        elif one["kind"] == "transfer":
            self.records[feature] = [one["to"], version + 1, severity, False]
            for other in self.said.values():
                if other["feature"] == feature:
                    other["org"] = one["to"]  # what was proposed for a record goes where the record goes
        else:
            self.records[feature] = [org, version + 1, severity, True]
            with self.db.as_user(OFFICER) as conn:
                links = features.one(conn, LAYER, feature, NOW.date())["links"]  # type: ignore[index]
            made = [k["id"] for k in links if k["how"] == "split_into"]
            assert len(made) == (2 if one["kind"] == "split" else 0)
            assert [k["id"] for k in links if k["how"] == "merged_into"] == ([one["into"]] if one["kind"] == "merge" else [])
            self.records |= {m: [org, 1, 2, False] for m in made}

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
                         confirmed_by = CASE WHEN %(to)s = 'confirmed' THEN %(actor)s ELSE confirmed_by END,
                         confirmed_at = CASE WHEN %(to)s = 'confirmed' THEN now() ELSE confirmed_at END,
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
            if to == "confirmed":
                one |= {"confirmed": actor.id, "checker": None}
            elif to == "returned":
                one |= {"confirmed": None, "checker": actor.id}
        else:
            assert not self.sees(actor, one["org"]) or one["kind"] == "transfer" or actor.role not in DECIDERS | {"district_clerk"}

    # what is always so

    @invariant()
    def the_database_and_its_journals_say_the_same(self) -> None:
        if not self.said:
            return
        ids = list(self.said)
        with self.db.as_user(OFFICER) as conn:
            kept = conn.execute(
                "SELECT id, state, version, maker, checker, confirmed_by, feature_id FROM feature_change WHERE id = ANY (%s)", (ids,)
            ).fetchall()
            moves = conn.execute(
                "SELECT change_id, from_state, to_state, actor FROM feature_change_event WHERE change_id = ANY (%s) ORDER BY id",
                (ids,),
            ).fetchall()
            audit = conn.execute("""SELECT object_id, operation, actor, before ->> 'state' AS was, after ->> 'state' AS is FROM audit
                                    WHERE operation LIKE 'change.%%' AND object_id = ANY (%s) ORDER BY id""", (ids,)).fetchall()  # fmt: skip
            for feature, (org, version, severity, retired) in self.records.items():
                found = features.one(conn, LAYER, feature, NOW.date())
                assert found is not None
                assert (found["steward_org"], found["version"], found["attributes"]["severity"]) == (org, version, severity)
                assert (found["status"] == "retired") == retired and len(found["history"]) == version
            # the history alone gives every record back as it is
            unlike = conn.execute("""SELECT f.id FROM feature f JOIN feature_version v ON v.feature_id = f.id AND v.version = f.version
                                     WHERE f.id = ANY (%s) AND v."row" <> app.feature_row(f)""", (list(self.records),)).fetchall()  # fmt: skip
            assert unlike == []
        assert {k["id"]: (k["state"], k["version"]) for k in kept} == {
            i: (c["state"], c["version"]) for i, c in self.said.items()
        }
        assert all(k["maker"] not in (k["checker"], k["confirmed_by"]) for k in kept)
        assert all(k["confirmed_by"] is None or k["confirmed_by"] != k["checker"] for k in kept)
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
        Desks,
        settings=settings(max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck),
                          phases=(Phase.generate,)),
    )
    assert all(Desks.reached[state] >= 2 for state in STATES if state != "draft"), Desks.reached  # it did get somewhere
    assert all(Desks.reached[kind] >= 2 for kind in KINDS), Desks.reached


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
    three, moving = handed_in(db, desk, people.second, {}, kind="transfer", feature=feature, base_version=2, to="110106")
    with db.as_user(people.reviewer, write=True) as conn:
        moving = review.approve(conn, desk, three, moving, people.reviewer, NOW)["version"]
    with db.as_user(people.their_reviewer, write=True) as conn:
        review.approve(conn, desk, three, moving, people.their_reviewer, NOW)
    with db.as_user(OFFICER) as conn:
        audit = conn.execute("SELECT * FROM audit WHERE operation LIKE 'change.%' ORDER BY id").fetchall()
        states, versions = {}, {}
        for a in audit:
            assert (a["before"] or {}).get("state") == states.get(a["object_id"]), a
            taken = a["actor"] == "their"  # what the other side did stands in its own books
            assert a["actor"] in ("clerk", "second", "reviewer", "head", "their")
            assert a["steward_org"] == (people.stranger if taken else people.clerk).org
            states[a["object_id"]], versions[a["object_id"]] = a["after"]["state"], a["after"].get("version")
        kept = conn.execute("SELECT id, state, version FROM feature_change").fetchall()
        events = conn.execute("SELECT payload FROM event WHERE kind = 'changes.moved' ORDER BY id").fetchall()
    assert states == {k["id"]: k["state"] for k in kept} == {one: "approved", two: "submitted", three: "approved"}
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
