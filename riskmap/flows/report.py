"""Reports of an incident: begun from what is known, kept, compared with the one before, with their deadlines; and what happened, in order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from riskmap.core.actor import Actor
from riskmap.core.bilingual import half
from riskmap.core.response import report as core
from riskmap.core.response.report import BEIJING
from riskmap.errors import BadInput, Conflict, NotFound
from riskmap.flows import incident
from riskmap.flows.register import Desk
from riskmap.store import incidents, journal, reports
from riskmap.store.query import Conn

FACTS = (
    "title",
    "source",
    "cause",
    "measures",
    "deaths",
    "serious",
    "loss_wan",
)  # what a report says better is known of the incident from then on
MOVES = {"open": "立案 / opened", "facts": "情况更新 / facts", "note": "记事 / note", "plan": "方案 / plan", "reserve": "占用 / places held",
         "close": "结束 / closed", "reopen": "重新打开 / reopened"}  # fmt: skip


def kinds(desk: Desk) -> dict[str, str]:
    """Code of a kind of incident → its words."""
    return {code: f"{one['zh']} / {one['en']}" for code, one in desk.catalogue.response.kinds.items()}


def listed(conn: Conn, desk: Desk, id: int, now: dt.datetime) -> dict[str, Any]:
    """{incident, reports (oldest first, with `label` and `changes`), deadlines, next: what a new one begins with, None after the final}.

    Raises NotFound."""
    held, kept = incident.one(conn, id), reports.of(conn, id)
    for before, one in zip([None, *kept], kept, strict=False):
        one["label"] = core.label(one["kind"], one["number"])
        one["changes"] = core.changes(before["elements"] if before else None, one["elements"])
    last = kept[-1] if kept else None
    begun = (
        None
        if last and last["kind"] == "final"
        else core.begun(held, _place(held), _unit(conn, held), last["elements"] if last else None)
    )
    due = core.due(desk.catalogue.response.deadlines, held, kept, now)
    return {"incident": held, "reports": kept, "deadlines": due, "next": begun}


def one(found: Mapping[str, Any], number: int) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """A report of `listed` and the one before it. Raises NotFound."""
    kept: Sequence[dict[str, Any]] = found["reports"]
    if not 0 < number <= len(kept):
        raise NotFound("没有这份报告 / no such report", where=str(number))
    return kept[number - 1], kept[number - 2] if number > 1 else None


def made(
    conn: Conn, desk: Desk, id: int, kind: str, said: Mapping[str, Any], actor: Actor, now: dt.datetime, number: int | None = None
) -> dict[str, Any]:
    """Keep a report: `said` has every element, None is not known. `number`: the one it is taken for. Raises BadInput, Conflict, NotFound."""
    held = incident.one(conn, id)
    if kind not in core.KINDS:
        raise BadInput("没有这种报告 / no such kind of report", where="kind", remedy="、".join(core.KINDS))
    elements = sound(desk, said, now)
    if held["state"] == "open":
        better = {
            k: elements[k] for k in FACTS if elements[k] is not None and not core.same(k, elements[k], held["facts"].get(k))
        }
        if elements["nature"] != held["facts"]["kind"]:
            better["kind"] = elements["nature"]
        if better:
            incident.moved(conn, desk, id, "facts", better, actor, now, None)
    kept = reports.add(conn, id, kind, elements, number=number, plan=held["plans"] or None, person=actor.name, now=now)
    name = core.label(kind, kept["number"]).split(" / ")[0]
    incidents.log(conn, id, "note", person=actor.name, now=now, note=f"{name}已形成")
    journal.audit(
        conn, actor, "incident.report", object_id=id, after={"number": kept["number"], "kind": kind, "elements": elements}
    )
    journal.event(conn, "incident.changed", None, None, {"ids": [id]})
    return {"id": id, "number": kept["number"], "kind": kind}


def sound(desk: Desk, said: Mapping[str, Any], now: dt.datetime) -> dict[str, Any]:
    """Every element as it is kept. Raises BadInput."""
    if strange := set(said) - set(core.KEYS):
        raise BadInput("没有这个要素 / no such element", where=", ".join(sorted(strange)))
    out: dict[str, Any] = {}
    for e in core.ELEMENTS:
        value = said.get(e.key)
        if isinstance(value, str):
            value = value.strip() or None
        if value is None and e.must:
            raise BadInput(f"缺{e.label.split(' / ')[0]} / {e.label.split(' / ')[1]} is missing", where=e.key)
        out[e.key] = value if value is None else _sound(desk, e, value)
    for earlier, later in (("happened_at", "reported_at"),):
        if out[earlier] and out[later] and dt.datetime.fromisoformat(out[earlier]) > dt.datetime.fromisoformat(out[later]):
            raise BadInput("发生时间晚于接报时间 / it happened after it was reported", where=earlier)
    for name in ("happened_at", "reported_at"):
        if out[name] and (dt.datetime.fromisoformat(out[name]) - now).total_seconds() > incident.LATE_S:
            raise BadInput("时间在将来 / a time that is yet to come", where=name)
    return out


def _sound(desk: Desk, e: core.Element, value: Any) -> Any:
    fault = BadInput(f"{e.label.split(' / ')[0]}不对 / not a value of {e.label.split(' / ')[1]}", where=e.key)
    try:
        match e.kind:
            case "moment":
                at = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value)
                if at.tzinfo is None:
                    at = at.replace(tzinfo=BEIJING)
                return at.isoformat()
            case "count" | "level":
                number = int(value)
                if number != float(value) or not 0 <= number <= 10_000_000 or e.kind == "level" and not 1 <= number <= 4:
                    raise fault
                return number
            case "money":
                money = float(value)
                if not 0 <= money <= 1e9:
                    raise fault
                return round(money, 2)
            case "nature":
                return incident.known_kind(desk, str(value))
    except (ValueError, TypeError, OverflowError):
        raise fault from None
    if len(str(value)) > 2000:
        raise BadInput("太长 / too long", where=e.key, remedy="≤ 2000")
    return str(value)


def timeline(conn: Conn, id: int, english: bool) -> list[dict[str, str]]:
    """What happened from the first word to the last, by the incident's own log, oldest first: {at, what, who, note}."""
    held = incident.one(conn, id)
    log = reversed(incidents.history(conn, id, 10_000))
    rows = [
        (held["happened_at"], "发生 / happened", "", ""),
        (held["reported_at"], "接报 / reported", "", held["facts"].get("source") or ""),
    ]
    rows += [
        (line["recorded_at"], MOVES.get(line["move"], line["move"]), line["person"] or line["actor"], line["note"] or "")
        for line in log
    ]
    known = sorted(
        (r for r in rows if r[0] is not None), key=lambda r: r[0]
    )  # steady: what shares a moment keeps the log's order
    return [
        {"at": f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}", "what": half(what, english), "who": who, "note": note}
        for at, what, who, note in known
    ]


def _place(held: Mapping[str, Any]) -> str:
    where = " ".join(x for x in (held["district"] or "", held["address"] or "") if x)
    return f"{where} {held['lon']:.5f}, {held['lat']:.5f} (WGS 84)".strip()


def _unit(conn: Conn, held: Mapping[str, Any]) -> str | None:
    found = next(iter(incidents.place(conn, held["feature_id"])), None) if held["feature_id"] else None
    return (found["name"] or None) if found else None


def expected(found: Mapping[str, Any], kind: str) -> str:
    """The kind a form means: the first one is the first, whatever was pressed. Raises Conflict after the final one."""
    if found["next"] is None:
        raise Conflict("已有终报 / there is a final report", where=str(found["incident"]["id"]), remedy="不再续报 / none follows")
    return "first" if not found["reports"] else kind if kind in ("follow", "final") else "follow"
