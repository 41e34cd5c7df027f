"""What a shelter's reports say: its state, how many people, how many places are free. Pure; unknown stays unknown, never 0 and never full.

The database keeps the rules of a report by itself (migrations/0020_shelter.sql); here they are asked first, so that a person is told why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from riskmap.errors import BadInput, Conflict

STATES = ("normal", "opened", "full", "closed")
OPEN = frozenset({"opened", "full"})
MOST = 2_000_000
AHEAD = dt.timedelta(minutes=5)  # clocks differ


def places(capacity: Any) -> int | None:
    """The capacity as whole people; None where it is not known or no number."""
    try:
        found = int(float(capacity))
    except (TypeError, ValueError, OverflowError):
        return None
    return found if 0 < found <= MOST else None


def free(state: str | None, capacity: int | None, people: int | None) -> int | None:
    """Free places of an open shelter: none where it is full, capacity − people where both are known, else None. Not open: None."""
    if state == "full":
        return 0
    if state != "opened" or capacity is None or people is None:
        return None
    return max(0, capacity - people)


def standing(now: Mapping[str, Any], capacity: Any) -> dict[str, Any]:
    """A shelter now, of a row of view shelter_now: state, people, free places and since when each is told of."""
    room, people, state = places(capacity), now["people"], now["state"]
    return {
        "state": state, "state_at": now["state_at"], "state_by": now["state_by"], "note": now["note"], "counted": bool(now["counted"]),
        "opened_at": now["opened_at"], "capacity": room, "people": people, "counted_at": now["counted_at"], "counted_by": now["counted_by"],
        "free": free(state, room, people),
        "over": max(0, people - room) if people is not None and room is not None else None,
        "doubt": state == "full" and people is not None and room is not None and people < room,
    }  # fmt: skip


def checked_state(one: Mapping[str, Any], state: str, at: dt.datetime, note: str, last: dt.datetime | None, now: dt.datetime) -> None:
    """Raises BadInput, Conflict where a report of the state contradicts what is known."""
    if state not in STATES:
        raise BadInput("状态为平时、启用、已满或关闭 / normal, opened, full or closed", where="state", remedy=", ".join(STATES))
    _when(at, now, "happened_at")
    if last and at < last:
        raise BadInput("早于上一次上报的状态 / before the last state told", where="happened_at", remedy=f"{last:%Y-%m-%d %H:%M}Z")
    people, room = one["people"], one["capacity"]
    if state not in OPEN and people:
        raise Conflict(f"场所内还有 {people} 人 / {people} people are still in it", where="state", remedy="先上报 0 人 / first report 0 people")
    if state == "opened" and people is not None and room is not None and people >= room:
        raise Conflict(f"已有 {people} 人，可容纳 {room} 人：已满 / {people} of {room} places are taken: it is full", where="state",
                       remedy="先上报现有人数 / first report how many people there are")  # fmt: skip
    if state == "full" and not (people is not None and room is not None and people >= room) and len(note) < 2:
        raise BadInput("人数未达到容量或不知道：须写明为什么已满 / the count does not say full: say why", where="note",
                       remedy="例如：部分场地不能使用 / e.g. part of it cannot be used")  # fmt: skip


def checked_people(one: Mapping[str, Any], people: int, at: dt.datetime, now: dt.datetime) -> None:
    """Raises BadInput, Conflict where a count contradicts what is known."""
    if not 0 <= people <= MOST:
        raise BadInput("人数为 0–2000000 的整数 / a whole number of people", where="people")
    if one["state"] not in OPEN:
        raise Conflict("场所没有启用 / the shelter is not open", where="state", remedy="先上报启用 / first report it opened")
    _when(at, now, "counted_at")
    if one["opened_at"] and at < one["opened_at"]:
        raise BadInput("早于本次启用 / before it was opened", where="counted_at", remedy=f"{one['opened_at']:%Y-%m-%d %H:%M}Z")


def follows(one: Mapping[str, Any], people: int) -> str | None:
    """The state a count brings about: full at capacity; opened again below it, where it was full by a count alone."""
    if one["capacity"] is None:
        return None
    if one["state"] == "opened" and people >= one["capacity"]:
        return "full"
    return "opened" if one["state"] == "full" and one["counted"] and people < one["capacity"] else None


def _when(at: dt.datetime, now: dt.datetime, where: str) -> None:
    if at.tzinfo is None or at > now + AHEAD:
        raise BadInput("时间须带时区且不晚于现在 / a time with its zone, not in the future", where=where)
