"""A method's life: drafted, run beside the one in force, approved by a second person, in force from a day."""

from __future__ import annotations

import datetime as dt
from typing import Any

from riskmap.catalogue import Catalogue
from riskmap.core.actor import Actor
from riskmap.core.grading.engine import Engine
from riskmap.core.grading.method import MICRO, Method, difference
from riskmap.errors import BadInput, Conflict, NotFound
from riskmap.flows.survey import beijing_day, method_of, roles, standing
from riskmap.store import grades, journal
from riskmap.store.database import Database
from riskmap.store.grades import Moment
from riskmap.store.query import Conn


def named(conn: Conn, which: str) -> dict[str, Any]:
    """A method by id or name. NotFound lists what there is."""
    every = grades.methods(conn)
    for m in every:
        if which in (str(m["id"]), m["name"]):
            return m
    known = ", ".join(f"{m['id']} {m['name']}" for m in every)
    raise NotFound(f"没有方法 {which!r} (no such method)", where="method", remedy=f"现有 there are: {known}")


def draft(conn: Conn, name: str, changes: dict[str, Any], actor: Actor) -> int:
    """Draft a method: the one in force with some parameters changed. BadInput names the parameter that cannot be."""
    last = next((m for m in grades.methods(conn) if m["state"] == "in_force"), None)
    base = Method.from_record(last["parameters"] if last else {})
    made = Method.from_record({k: v["value"] for k, v in base.record().items()} | changes)
    if not difference(base, made):
        title = "与现行方法没有差别 (nothing differs from the method in force)"
        raise BadInput(title, where="method", remedy="--set 参数=值 --set name=value")
    made_id = grades.draft_method(conn, name, made.record(), actor.id)
    journal.audit(conn, actor, "method.draft", object_id=made_id, after={"name": name, "changes": difference(base, made)})
    return made_id


def activate(conn: Conn, which: str, day: dt.date, actor: Actor, now: dt.datetime) -> int:
    """Put a draft in force from a day, not before today; whoever drafted it may not approve it (Conflict)."""
    grades.lock_methods(conn)
    m = named(conn, which)
    if m["state"] not in ("draft", "trial"):
        raise Conflict(f"方法 {m['name']} 不是草稿 (not a draft)", where=m["state"], remedy="riskmap method list")
    if m["drafted_by"] == actor.id:
        title = "起草人不能批准自己的方法 (drafted by the same person)"
        raise Conflict(title, where=actor.id, remedy="由第二人批准 --by 其他人 a second person")
    if day < beijing_day(now):
        title = f"生效日 {day} 已过, 旧日须能重放 (in the past; past days must replay)"
        raise BadInput(title, where="from", remedy=str(beijing_day(now)))
    grades.activate_method(conn, m["id"], actor.id, day)
    after = {"in_force_from": str(day)}
    journal.audit(conn, actor, "method.activate", object_id=m["id"], before={"state": m["state"]}, after=after)
    journal.event(conn, "method.changed", None, None, {"method": m["id"], "from": str(day)})
    return m["id"]


def discard(conn: Conn, which: str, actor: Actor) -> int:
    """Put a draft away; it stays on record. Conflict where it is none any more."""
    grades.lock_methods(conn)
    m = named(conn, which)
    if m["state"] not in ("draft", "trial"):
        raise Conflict(f"方法 {m['name']} 不是草稿 (not a draft)", where=m["state"], remedy="刷新后再看 reload")
    grades.discard_method(conn, m["id"])
    journal.audit(conn, actor, "method.discard", object_id=m["id"], before={"state": m["state"]}, after={"state": "ended"})
    return m["id"]


def opened(conn: Conn, which: str, day: dt.date) -> dict[str, Any]:
    """A method with its parameters and what differs from the one in force on a day. NotFound."""
    m = named(conn, which)
    _, name, current = method_of(conn, day)
    mine = Method.from_record(m["parameters"])
    return m | {"record": mine.record(), "against": name, "differs": difference(current, mine)}


def standing_of(m: dict[str, Any], day: dt.date) -> str:
    """Where a method stands on a day: draft, due (approved, its day to come), in_force, ended, discarded."""
    if m["state"] in ("draft", "trial"):
        return "draft"
    if m["in_force_from"] is None:
        return "discarded"
    if m["state"] == "in_force":
        return "due" if m["in_force_from"] > day else "in_force"
    return "ended"


def beside(db: Database, catalogue: Catalogue, which: str, now: dt.datetime) -> dict[str, Any]:
    """Another method run beside the one in force on today's records: parameters that differ, and D, T, grade of each district."""
    day = beijing_day(now)
    with db.as_engine() as conn:
        other = named(conn, which)
        _, name, current = method_of(conn, day)
        trial = Method.from_record(other["parameters"])
        ground = standing(conn, now)
        states = []
        for method in (current, trial):
            records = grades.inputs(conn, roles(catalogue), method, Moment(day), ground.ground.districts)
            states.append(Engine.full(ground.ground, records, method, day).districts())
    districts = []
    for code, label, a, b in zip(ground.ground.districts, ground.names, *states, strict=True):
        row: dict[str, Any] = {"code": code, "name": label}
        for key, s in (("now", a), ("then", b)):
            d, t = (None if v is None else v / MICRO for v in (s.d_micro, s.t_micro))
            row[key] = {"d": d, "t": t, "computed": s.grade}
        row["moved"] = a.grade != b.grade
        districts.append(row)
    return {"in_force": name, "other": other["name"], "parameters": difference(current, trial), "districts": districts}
