"""Dispatches: supplies ordered for an incident, loaded, received or returned, each step in one transaction, audited, told to every screen.

A dispatch is a document of the stock book. Who orders commands; who loads keeps the book and did not order; who receives did not load.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from riskmap.core import fefo
from riskmap.core.actor import Actor
from riskmap.core.role import may
from riskmap.errors import BadInput, Conflict, Forbidden, NotFound
from riskmap.flows import incident
from riskmap.flows.register import Desk
from riskmap.flows.stock import amount, depot_of, plain
from riskmap.store import dispatches, incidents, journal, stock
from riskmap.store.query import Conn

# what is done → (from, to, the operation it takes, whether it is said why)
STEPS = {
    "load": ("ordered", "loaded", "stock.move", False),
    "receive": ("loaded", "received", "", False),
    "return": ("loaded", "returned", "stock.move", True),
    "cancel": ("ordered", "cancelled", "", True),
}
MOST = 500


def ordered(
    conn: Conn, desk: Desk, id: int, lines: Sequence[Mapping[str, Any]], actor: Actor, now: dt.datetime, *, to: int | None = None,
    party: str = "", reason: str = "",
) -> list[dict[str, Any]]:  # fmt: skip
    """Order supplies for an incident: one dispatch a depot, of all of it or none. `lines`: {depot, supply_code, unit, quantity}; none: as the last
    plan shares them out. `to`: the shelter they go to. Raises BadInput, Conflict, NotFound."""
    held = incident.one(conn, id)
    if held["state"] != "open":
        raise Conflict("事件已结束 / the incident is closed", where=str(id), remedy="重新打开后再调拨 / reopen it first")
    wanted = lines or _planned(conn, id)
    if not 0 < len(wanted) <= MOST:
        raise BadInput("没有要调拨的物资 / nothing to dispatch", where="lines", remedy=f"1–{MOST}")
    goal = _goal(conn, desk, to) if to is not None else None
    by_depot: dict[int, dict[tuple[str, str], Decimal]] = {}
    for line in wanted:
        kinds = by_depot.setdefault(int(line["depot"]), {})
        key = (str(line["supply_code"]), str(line["unit"]))
        kinds[key] = kinds.get(key, Decimal(0)) + amount(str(line["quantity"]))
    perishable = {code for norm in desk.catalogue.response.norms if norm.perishable for code in norm.supplies}
    made = []
    for depot_id in sorted(by_depot):  # always in one order: nobody waits in a ring
        dispatches.wait(conn, depot_id)
        depot = depot_of(conn, depot_id)
        taken = _lots(conn, depot, by_depot[depot_id], perishable, now)
        number = dispatches.add(conn, incident_id=id, feature_id=depot_id, steward_org=depot["steward_org"], to_feature_id=to,
                                to_org=goal["steward_org"] if goal else None, party=party.strip()[:200] or None, reason=reason.strip()[:500] or None,
                                now=now)  # fmt: skip
        for lot, quantity in taken:
            stock.add_line(conn, number, depot["steward_org"], lot, quantity)
        dispatches.turn(conn, number, "ordered")
        told = {"depot": depot_id, "to": to, "lines": [{"stock_id": lot, "quantity": q} for lot, q in taken]}
        _told(conn, actor, "dispatch.order", number, id, depot, told)
        made.append({"id": number, "depot": depot_id, "state": "ordered", "lines": plain(told["lines"])})
    names = "、".join(str(m["id"]) for m in made)
    incidents.log(conn, id, "note", person=actor.name, now=now, note=f"下达调拨单 {names}")
    return made


def stepped(conn: Conn, document: int, step: str, answer: str, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Load, receive, return or cancel. Raises BadInput, Conflict, Forbidden, NotFound."""
    if step not in STEPS:
        raise BadInput("没有这个操作 / no such step", where="step", remedy="、".join(STEPS))
    before, after, operation, why = STEPS[step]
    held = stock.lock(conn, document)
    if held is None or held["kind"] != "dispatch":
        raise NotFound("没有这张调拨单 / no such dispatch", where=str(document))
    if operation and not may(actor.role, operation) or not operation and not (may(actor.role, "stock.move") or may(actor.role, "incident.command")):
        raise Forbidden("不能做这一步 / not for this role", where=step, remedy="权限表见 /roles / see /roles")
    if held["state"] != before:
        raise Conflict("这张调拨单已有新的变动 / the dispatch has moved on", where=held["state"], remedy="刷新后再办 / reload and look again")
    if step == "load" and held["maker"] == actor.id:
        raise Forbidden("下达的人不能自己装车 / who ordered does not load", where=held["maker"])
    if step == "receive" and held["loaded_by"] == actor.id:
        raise Forbidden("装车的人不能自己签收 / who loaded does not receive", where=held["loaded_by"])
    if why and len(answer.strip()) < 2:
        raise BadInput("须写原因 / say why", where="answer")
    dispatches.turn(conn, document, after, answer.strip()[:500] or None)
    depot = depot_of(conn, held["feature_id"])
    _told(conn, actor, f"dispatch.{step}", document, held["incident_id"], depot, {"state": after, "answer": answer or None}, {"state": before})
    return {"id": document, "state": after}


def steps(one: Mapping[str, Any], actor: Actor) -> list[str]:
    """What the actor may do with a dispatch now."""
    city, mine = actor.scope == "city", set(actor.orgs or (actor.org,))
    keeps = may(actor.role, "stock.move") and (city or one["steward_org"] in mine)
    takes = may(actor.role, "stock.move") and (city or (one["to_org"] or one["steward_org"]) in mine)
    commands = may(actor.role, "incident.command")
    can = {"load": keeps and one["maker"] != actor.id, "receive": (takes or commands) and one["loaded_by"] != actor.id, "return": keeps,
           "cancel": keeps or commands}  # fmt: skip
    return [step for step, (before, *_) in STEPS.items() if one["state"] == before and can[step]]


def _lots(conn: Conn, depot: Mapping[str, Any], kinds: Mapping[tuple[str, str], Decimal], perishable: set[str], now: dt.datetime) -> list[Any]:
    """(lot, quantity) of each kind, first expired first, without what others were promised. Raises Conflict where there is less."""
    day, promised = dispatches.today(now), dispatches.promised(conn, depot["id"])
    lots = stock.lots(conn, day, depot=depot["id"], size=100_000)
    out: list[Any] = []
    for (code, unit), quantity in kinds.items():
        free = [x | {"quantity": x["quantity"] - promised.get(x["id"], Decimal(0))} for x in lots if (x["supply_code"], x["unit"]) == (code, unit)
                and (x["expires_on"] is not None or code not in perishable)]  # fmt: skip
        found = fefo.propose(free, quantity, day)
        if found.short:
            raise Conflict(f"{depot['name'] or depot['code']}：可调的不够，差 {found.short:f} {unit} / short of {found.short:f} {unit}", where=code,
                           remedy="少调一些，或换一个储备库 / order less, or of another depot")  # fmt: skip
        out += found.lines
    return sorted(out)


def _planned(conn: Conn, id: int) -> list[dict[str, Any]]:
    """What the last plan takes of which depot."""
    kept = incidents.plan(conn, id)
    if kept is None:
        raise Conflict("还没有方案 / there is no plan yet", where=str(id), remedy="先研判 / make one first")
    return [{"depot": x["depot"], "supply_code": x["supply_code"], "unit": x["unit"], "quantity": x["pieces"]}
            for need in kept["outcome"]["supplies"] for x in need["shares"]]  # fmt: skip


def _goal(conn: Conn, desk: Desk, to: int) -> dict[str, Any]:
    found = next((r for r in incidents.places(conn, desk.catalogue.with_role("shelter")) if r["id"] == to), None)
    if found is None:
        raise NotFound("没有这个避难场所 / no such shelter", where=str(to))
    return found


def _told(conn: Conn, actor: Actor, operation: str, document: int, id: int, depot: Mapping[str, Any], after: Any, before: Any = None) -> None:
    """Audit and events: the depot's own, and the incident's, which is everybody's."""
    journal.audit(conn, actor, operation, layer="depot", object_id=document, steward_org=depot["steward_org"], before=before,
                  after=plain(after | {"incident": id}))  # fmt: skip
    if actor.scope == "city" or depot["steward_org"] in (actor.orgs or (actor.org,)):  # each organisation follows its own events
        journal.event(conn, "ledger.changed", "depot", depot["steward_org"], {"ids": [depot["id"]], "ledger": "stock", "document": document})
    journal.event(conn, "incident.changed", None, None, {"ids": [id]})
