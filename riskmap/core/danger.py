"""A hidden danger's loop (隐患闭环): its moves, who makes them, and its statistics. Pure.

    register → 待挂账   list → 挂账   start → 整改中   rectify → 待复查   close → 已销账 | return → 整改中

The database keeps the same rules by itself (migrations/0013_danger_loop.sql); here they are asked first, so that a person is told why.
Overdue is derived: open, and the deadline is before the business day. It is stored nowhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from riskmap.core.actor import Actor
from riskmap.core.role import ROLES, may
from riskmap.errors import BadInput, Conflict, Forbidden

State = Mapping[str, Any]
STATES = ("registered", "listed", "rectifying", "rectified", "closed", "withdrawn")
ENDED = ("closed", "withdrawn")
UNDER_WAY = frozenset({"listed", "rectifying", "rectified"})
LEVELS = ("district", "city", "national")  # of a supervision


@dataclass(frozen=True, slots=True)
class Move:
    """`to` empty: the state stays. `needs`: fields that must be given. `others`: the event whose actor may not make this move."""

    name: str
    before: frozenset[str]
    to: str
    operation: str
    needs: tuple[str, ...] = ()
    other_than: str = ""


MOVES: Mapping[str, Move] = {m.name: m for m in (
    Move("list", frozenset({"registered"}), "listed", "danger.report", ("deadline_on", "unit", "person")),
    Move("start", frozenset({"listed"}), "rectifying", "danger.rectify"),
    Move("rectify", frozenset({"listed", "rectifying"}), "rectified", "danger.rectify", ("note",)),
    Move("close", frozenset({"rectified"}), "closed", "danger.check", (), "rectified_by"),
    Move("return", frozenset({"rectified"}), "rectifying", "danger.check", ("note",), "rectified_by"),
    Move("ask", UNDER_WAY, "", "danger.report", ("asked_on", "note")),
    Move("extend", UNDER_WAY, "", "danger.check", (), "asked_by"),
    Move("refuse", UNDER_WAY, "", "danger.check", ("note",), "asked_by"),
    Move("supervise", UNDER_WAY, "", "danger.supervise", ("supervision", "note")),
    Move("lift", UNDER_WAY, "", "danger.supervise", ("note",)),
    Move("withdraw", frozenset({"registered", "listed", "rectifying"}), "withdrawn", "danger.check", ("note",), "registered_by"),
)}  # fmt: skip


def overdue(state: State, today: dt.date) -> bool:
    """Open and past its deadline; without a deadline nobody can tell, and it is not said."""
    return state["state"] not in ENDED and state["deadline_on"] is not None and state["deadline_on"] < today


def standing(move: Move, danger: State) -> bool:
    """Whether the move is there to be made by somebody."""
    if danger["state"] not in move.before:
        return False
    match move.name:
        case "ask":
            return danger["asked_on"] is None and danger["deadline_on"] is not None
        case "extend" | "refuse":
            return danger["asked_on"] is not None
        case "supervise":
            return danger["grade"] == "major" and danger["supervision"] is None
        case "lift":
            return danger["supervision"] is not None
    return True


def barred(move: Move, danger: State, actor: Actor) -> str:
    """Why this person does not make a move that stands: role, own_work, supervised; '' when nothing bars."""
    if not may(actor.role, move.operation):
        return "role"
    if move.other_than and danger[move.other_than] == actor.id:
        return "own_work"
    if move.name in ("close", "withdraw") and danger["supervision"] is not None:
        return "supervised"
    return ""


def steps(danger: State, actor: Actor) -> list[dict[str, Any]]:
    """The moves that stand now, each with what it needs, whether this person may and why not, and which roles may."""
    return [
        {"move": m.name, "needs": list(m.needs), "may": not (why := barred(m, danger, actor)), "why": why,
         "roles": [role for role in ROLES if may(role, m.operation)]}
        for m in MOVES.values() if standing(m, danger)
    ]  # fmt: skip


def after(name: str, danger: State, given: State, actor: Actor, today: dt.date) -> dict[str, Any]:
    """The event a move makes: the whole state after it. Raises BadInput, Conflict, Forbidden."""
    move = MOVES.get(name)
    if move is None:
        raise BadInput("没有这一步 / no such move", where=name, remedy=", ".join(MOVES))
    if not standing(move, danger):
        raise Conflict("隐患现在的状态没有这一步 / its state now does not allow this", where=f"{danger['state']}: {name}",
                       remedy="刷新后再办 / reload and look again", state=danger["state"])  # fmt: skip
    match barred(move, danger, actor):
        case "role":
            raise Forbidden("这个角色不办这一步 / not for this role", where=move.operation, remedy="权限表见 /roles / see /roles")
        case "own_work":
            raise Forbidden("不能办自己经手的：须由他人复查或审定 / nobody decides on work of their own", where=actor.id,
                            remedy="请另一人办理 / ask another person")  # fmt: skip
        case "supervised":
            raise Conflict("挂牌督办中，先摘牌 / it is under supervision, which is lifted first", where="supervision")
    lacking = [n for n in move.needs if not str(given.get(n) or "").strip() or (n == "note" and len(str(given["note"]).strip()) < 2)]
    if lacking:
        raise BadInput("缺少必填内容 / something required is missing", where=", ".join(lacking), remedy="填写后再提交 / fill it in", fields=lacking)
    event = {k: danger[k] for k in ("deadline_on", "person", "unit", "asked_on", "supervision")}
    event |= {"move": name, "state": move.to or danger["state"], "note": given.get("note"), "attachment": given.get("attachment")}
    happened = given.get("happened_on") or today
    first = max(danger["found_on"], danger["happened_on"])
    if not first <= happened <= today:
        raise BadInput(f"日期须在 {first} 至 {today} 之间 / the day is not between these", where="happened_on")
    event["happened_on"] = happened
    match name:
        case "list":
            event |= {k: given[k] for k in ("deadline_on", "person", "unit")}
            if given["deadline_on"] < danger["found_on"]:
                raise BadInput("整改期限早于发现日期 / the deadline is before it was found", where="deadline_on")
        case "ask":
            event["asked_on"] = given["asked_on"]
            if given["asked_on"] <= danger["deadline_on"]:
                raise BadInput("延期须晚于现在的期限 / a later deadline than the present one", where="asked_on")
        case "extend":
            event |= {"deadline_on": danger["asked_on"], "asked_on": None}
        case "refuse":
            event["asked_on"] = None
        case "supervise":
            event["supervision"] = given["supervision"]
            if given["supervision"] not in LEVELS:
                raise BadInput("没有这一级督办 / no such level", where="supervision", remedy=", ".join(LEVELS))
        case "lift":
            event["supervision"] = None
    return event


def figures(rows: Iterable[State], today: dt.date) -> dict[str, Any]:
    """Counts and rates of dangers (state, grade, found_on, deadline_on, happened_on). Withdrawn ones were none and are left out.

    closing rate = closed / all; on time = closed by the deadline / closed that had one; mean days = mean (closed − found).
    A figure whose divisor is zero is None, never 0.
    """
    alive = [r for r in rows if r["state"] != "withdrawn"]
    closed = [r for r in alive if r["state"] == "closed"]
    dated = [r for r in closed if r["deadline_on"] is not None]
    late = [r for r in alive if overdue(r, today)]
    days = [(r["happened_on"] - r["found_on"]).days for r in closed]
    return {
        "all": len(alive),
        "closed": len(closed),
        "open": len(alive) - len(closed),
        "major": sum(r["grade"] == "major" and r["state"] != "closed" for r in alive),
        "overdue": len(late),
        "overdue_major": sum(r["grade"] == "major" for r in late),
        "no_deadline": sum(r["deadline_on"] is None and r["state"] != "closed" for r in alive),
        "closing_rate": len(closed) / len(alive) if alive else None,
        "on_time_rate": sum(r["happened_on"] <= r["deadline_on"] for r in dated) / len(dated) if dated else None,
        "mean_days": sum(days) / len(days) if days else None,
    }


def trend(rows: Iterable[State], today: dt.date, months: int = 12) -> list[dict[str, Any]]:
    """Found and closed in each of the last months, oldest first: [{month: 'YYYY-MM', found, closed}]."""
    last = today.year * 12 + today.month - 1
    names = [f"{m // 12:04d}-{m % 12 + 1:02d}" for m in range(last - months + 1, last + 1)]
    out = {name: {"month": name, "found": 0, "closed": 0} for name in names}
    for r in rows:
        if r["state"] == "withdrawn":
            continue
        if (one := out.get(f"{r['found_on']:%Y-%m}")) is not None:
            one["found"] += 1
        if r["state"] == "closed" and (one := out.get(f"{r['happened_on']:%Y-%m}")) is not None:
            one["closed"] += 1
    return list(out.values())
