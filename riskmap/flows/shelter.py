"""What happens in a shelter, reported and read: its state and how many people are in it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from riskmap.core import shelter
from riskmap.core.actor import Actor
from riskmap.core.role import may
from riskmap.errors import Forbidden, NotFound
from riskmap.flows.survey import beijing_day
from riskmap.store import features, journal, shelters
from riskmap.store.query import Conn

LAYER = "shelter"


def mine(one: dict[str, Any], actor: Actor) -> bool:
    """Whether the shelter is the reader's unit's; all staff see that it is there."""
    return actor.scope == "city" or one["steward_org"] in (actor.orgs or (actor.org,))


def opened(conn: Conn, id: int, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """The record's heading, how it stands now, and whether the reader reports on it. Raises NotFound."""
    found = features.one(conn, LAYER, id, beijing_day(now)) if 0 < id < 2**62 else None
    if found is None:
        raise NotFound("没有这个避难场所 / no such shelter", where=str(id))
    head = {k: found[k] for k in ("id", "code", "name", "district_code", "district_name", "address", "status", "steward_org", "steward_name", "demo")}
    told = mine(found, actor)
    may_report = told and found["status"] != "retired" and may(actor.role, "shelter.report")
    return head | standing(conn, found) | {"told": told, "may_report": may_report}


def standing(conn: Conn, found: dict[str, Any]) -> dict[str, Any]:
    """How the shelter of a record as features.one gives it stands now; of another unit's only what the record says is known."""
    told = shelters.now(conn, [found["id"]])
    blank = dict.fromkeys(("state_at", "state_by", "note", "counted", "opened_at", "people", "counted_at", "counted_by"))
    return shelter.standing(told.get(found["id"]) or {**blank, "state": found["attributes"].get("state")}, found["attributes"].get("capacity"))


def report_state(conn: Conn, id: int, state: str, note: str, at: dt.datetime | None, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Tell the state; it stands in the record at once. Raises NotFound, Forbidden, BadInput, Conflict."""
    one, note = _reported(conn, id, actor, now), note.strip()
    last = shelters.states(conn, id, 1)
    shelter.checked_state(one, state, at or now, note, last[0]["happened_at"] if last else None, now)
    _tell(conn, one, state, note or None, at or now, False, actor)
    return opened(conn, id, actor, now)


def report_people(conn: Conn, id: int, people: int, note: str, at: dt.datetime | None, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Tell how many people are in it; at capacity it is full from then on. Raises NotFound, Forbidden, BadInput, Conflict."""
    one, note, at = _reported(conn, id, actor, now), note.strip(), at or now
    shelter.checked_people(one, people, at, now)
    made = shelters.add_occupancy(conn, id, one["steward_org"], people, note or None, at, actor.id)
    journal.event(conn, "ledger.changed", LAYER, one["steward_org"], {"ids": [id], "ledger": "occupancy"})
    journal.audit(conn, actor, "shelter.people", layer=LAYER, object_id=id, steward_org=one["steward_org"],
                  before={"people": one["people"]},
                  after={"people": people, "counted_at": at.isoformat(), "note": note or None, "report": made})  # fmt: skip
    latest = one["counted_at"] is None or at >= one["counted_at"]  # a count handed in late says nothing of now
    state = shelter.follows(one, people) if latest else None
    if state:
        last = shelters.states(conn, id, 1)
        _tell(conn, one, state, None, max([at, *(s["happened_at"] for s in last)]), True, actor)
    return opened(conn, id, actor, now)


def _reported(conn: Conn, id: int, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    one = opened(conn, id, actor, now)
    if not one["may_report"]:
        raise Forbidden("由本单位填报员上报 / its own unit's clerks report", where=one["steward_name"])
    shelters.lock(conn, id)
    return opened(conn, id, actor, now)


def _tell(conn: Conn, one: dict[str, Any], state: str, note: str | None, at: dt.datetime, counted: bool, actor: Actor) -> None:
    shelters.add_state(conn, one["id"], one["steward_org"], state, note, at, counted, actor.id)
    journal.event(conn, "features.changed", LAYER, one["steward_org"], {"ids": [one["id"]]})
    journal.audit(conn, actor, "shelter.state", layer=LAYER, object_id=one["id"], steward_org=one["steward_org"], before={"state": one["state"]},
                  after={"state": state, "happened_at": at.isoformat(), "note": note, "counted": counted})  # fmt: skip
