"""Hidden dangers as a journey: registered, moved, each move announced (the map is graded anew) and audited in its own transaction."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from riskmap.catalogue import Catalogue
from riskmap.core import danger
from riskmap.core.actor import Actor
from riskmap.core.role import may
from riskmap.errors import BadInput, Conflict, Forbidden, NotFound
from riskmap.flows.survey import beijing_day
from riskmap.store import dangers, features, journal
from riskmap.store.dangers import Asked
from riskmap.store.query import Conn

LAYER = "risk_source"
FORMULAS = {
    "closing_rate": "已销账 ÷ 登记（撤回的不计）/ closed ÷ all registered, withdrawn left out",
    "on_time_rate": "期限内销账 ÷ 有期限的已销账 / closed by the deadline ÷ closed that had one",
    "mean_days": "销账日 − 发现日 的平均，只计已销账 / mean of closed − found, closed ones only",
    "overdue": "未销账且整改期限早于今天 / open and the deadline is before today",
}


def opened(conn: Conn, id: int, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """A danger with its history and the moves that stand. Raises NotFound (absent or another's: the same)."""
    found = dangers.one(conn, id, beijing_day(now))
    if found is None:
        raise NotFound("没有这条隐患 / no such hidden danger", where=str(id))
    events = dangers.history(conn, id)
    supervised = next((e for e in reversed(events) if e["move"] == "supervise"), None) if found["supervision"] else None
    return found | {
        "history": events,
        "steps": danger.steps(found, actor),
        "supervised_by": supervised and supervised["actor"],
        "supervised_from": supervised and supervised["happened_on"],
    }


def register(conn: Conn, catalogue: Catalogue, given: Mapping[str, Any], actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Put a found danger on record, graded; listed at once where deadline, person and unit are given. Raises BadInput, NotFound, Forbidden."""
    today = beijing_day(now)
    if not may(actor.role, "danger.report"):
        raise Forbidden("这个角色不登记隐患 / this role does not report", where=actor.role)
    title, grade, found_on = (given.get("title") or "").strip(), given.get("grade"), given.get("found_on") or today
    criterion, basis = given.get("criterion") or None, (given.get("basis") or "").strip() or None
    if not 2 <= len(title) <= 500:
        raise BadInput("隐患内容须 2–500 字 / what was found, in 2–500 characters", where="title")
    if grade not in ("general", "major"):
        raise BadInput("隐患级别为一般或重大 / the grade is general or major", where="grade", remedy="general, major")
    if found_on > today:
        raise BadInput("发现日期晚于今天 / found in the future", where="found_on")
    if criterion and criterion not in {o.code for o in catalogue.codes["danger_criterion"]}:
        raise BadInput("没有这条判定标准 / no such criterion", where="criterion")
    if grade == "major" and not criterion and len(basis or "") < 2:
        raise BadInput("重大隐患须写明判定标准或依据 / a major hidden danger names its criterion or basis", where="criterion",
                       remedy="选一条判定标准，或写明依据 / pick a criterion, or state the basis")  # fmt: skip
    record = features.one(conn, LAYER, given["feature_id"], today)
    if record is None:
        raise NotFound("没有这个风险源 / no such risk source", where=str(given["feature_id"]))
    if record["status"] == "retired":
        raise Conflict("风险源已停用 / the risk source is retired", where=str(given["feature_id"]))
    made = dangers.add(conn, given | {"title": title, "criterion": criterion, "basis": basis, "found_on": found_on}, actor.id, now)
    assert made is not None
    first = {"move": "register", "state": "registered", "note": given.get("note"), "happened_on": found_on}
    dangers.move(conn, made["id"], 1, first, actor.id, now)
    _tell(conn, actor, made["id"], made["steward_org"], given["feature_id"], None, first | {"grade": grade, "criterion": criterion, "version": 1})
    wanted = ("deadline_on", "unit", "person")
    if any(given.get(k) for k in wanted):
        move(conn, made["id"], 1, "list", {k: given.get(k) for k in wanted}, actor, now)
    return opened(conn, made["id"], actor, now)


def move(conn: Conn, id: int, version: int, name: str, given: Mapping[str, Any], actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Make a move of a danger as it was seen at `version`. Raises NotFound, Conflict (moved on, with the difference), Forbidden, BadInput."""
    dangers.lock(conn, id)
    before = opened(conn, id, actor, now)
    if before["version"] != version:
        raise Conflict(
            "这条隐患已有新的变动 / the hidden danger has moved on",
            where=f"version {before['version']}",
            remedy="刷新后再办 / reload and look again",
            current={k: before[k] for k in ("version", "state", "deadline_on", "asked_on", "supervision")},
            since=[{k: e[k] for k in ("seq", "move", "actor", "happened_on")} for e in before["history"] if e["seq"] > version],
        )
    event = danger.after(name, before, given, actor, beijing_day(now))
    dangers.move(conn, id, version + 1, event, actor.id, now)
    old = {k: before[k] for k in event if k in before}
    _tell(conn, actor, id, before["steward_org"], before["feature_id"], old, event | {"version": version + 1})
    return opened(conn, id, actor, now)


def statistics(conn: Conn, asked: Asked, now: dt.datetime) -> dict[str, Any]:
    """Figures of all, by district and by sector (null: not known), and by month; with their formulas."""
    today = beijing_day(now)
    rows = dangers.facts(conn, asked, today)

    def by(key: str) -> list[dict[str, Any]]:
        groups: dict[str | None, list[dict[str, Any]]] = defaultdict(list)
        for r in rows:
            groups[r[key]].append(r)
        return [{"code": code} | danger.figures(of, today) for code, of in sorted(groups.items(), key=lambda g: (g[0] is None, g[0] or ""))]

    return {"as_of": today, "formulas": FORMULAS, "total": danger.figures(rows, today), "districts": by("district_code"),
            "sectors": by("sector"), "months": danger.trend(rows, today)}  # fmt: skip


def _tell(conn: Conn, actor: Actor, id: int, steward: int, feature: int, before: Any, after: dict[str, Any]) -> None:
    """The event that the grader follows, and the audit row."""
    journal.event(conn, "ledger.changed", LAYER, steward, {"ids": [feature], "ledger": "hidden_danger", "danger": id})
    plain = {k: v.isoformat() if isinstance(v, dt.date) else v for k, v in after.items()}
    old = before and {k: v.isoformat() if isinstance(v, dt.date) else v for k, v in before.items()}
    journal.audit(conn, actor, f"danger.{after['move']}", layer=LAYER, object_id=id, steward_org=steward, before=old, after=plain)
