"""Inspections and violations as facts: put on record by a clerk of the unit, withdrawn by another person with a reason; audited and announced."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from riskmap.catalogue import Catalogue
from riskmap.core.actor import Actor
from riskmap.core.layer import Layer
from riskmap.core.mask import unmasked, veil
from riskmap.core.role import may
from riskmap.errors import BadInput, Conflict, Forbidden, NotFound
from riskmap.flows.survey import beijing_day
from riskmap.store import findings, journal
from riskmap.store.findings import Kind
from riskmap.store.query import Conn

FIRST = dt.date(1990, 1, 1)
MONEY = ("fine", "confiscation")  # measures that have an amount
LISTS = {"inspection": {"kind": "inspection_kind"}, "violation": {"kind": "violation_kind", "measure": "violation_measure"}}
TEXTS = {"inspection": {"unit": (2, 200), "inspectors": (2, 200), "findings": (0, 2000)},
         "violation": {"fact": (2, 1000), "basis": (2, 500), "unit": (0, 200), "document": (0, 100)}}  # fmt: skip
LABELS = {"unit": "单位", "inspectors": "检查人员", "findings": "发现的问题", "fact": "违法行为", "basis": "依据", "document": "文书号",
          "kind": "类别", "measure": "处理措施"}  # fmt: skip
HUNG = 50


def register(conn: Conn, catalogue: Catalogue, what: Kind, feature: int, given: Mapping[str, Any], actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Put an inspection or a violation of a record on record. `dangers`: ids of the hidden dangers an inspection found.

    Returns {id, linked}. Raises BadInput, NotFound, Forbidden, Conflict (the record is retired).
    """
    if not may(actor.role, "danger.report"):
        raise Forbidden("这个角色不登记检查和违法行为 / this role does not report", where=actor.role)
    checked = _checked(catalogue, what, given, beijing_day(now))
    record = findings.subject(conn, feature)
    if record is None:
        raise NotFound("没有这条记录 / no such record", where=str(feature))
    if record["status"] == "retired":
        raise Conflict("这条记录已停用 / the record is retired", where=record["code"])
    if actor.scope != "city" and record["steward_org"] not in (actor.orgs or (actor.org,)):
        raise Forbidden("不是本单位的记录 / this record is another organisation's", where=record["code"])
    id = findings.add(conn, what, checked, feature, record["steward_org"], actor.id)
    dangers = sorted(set(given.get("dangers") or ()))
    linked = findings.link(conn, id, dangers) if dangers and checked["result"] == "found" else []
    if len(linked) != len(dangers):
        raise BadInput("有隐患不在这家企业名下，或未发现问题 / a hidden danger is not of this enterprise, or nothing was found", where="dangers")
    after = {k: str(v) if isinstance(v, (dt.date, Decimal)) else v for k, v in checked.items()} | ({"dangers": linked} if linked else {})
    _tell(conn, actor, what, "register", id, record, after)
    return {"id": id, "linked": len(linked)}


def withdraw(conn: Conn, what: Kind, id: int, reason: str, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Take one that was written in error out of the lists; it stays on record. Raises NotFound, Forbidden (own work), BadInput, Conflict."""
    if not may(actor.role, "danger.check"):
        raise Forbidden("这个角色不撤回 / not for this role", where="danger.check")
    held = findings.one(conn, what, id)
    if held is None:
        raise NotFound("没有这条记录 / no such record", where=str(id))
    if held["actor"] == actor.id:
        raise Forbidden("不能撤回自己登记的，须由他人撤回 / nobody withdraws what is their own", where=actor.id)
    if not 2 <= len(reason.strip()) <= 500:
        raise BadInput("撤回须写明原因 / a withdrawal needs its reason", where="reason")
    if not findings.withdraw(conn, what, id, actor.id, reason.strip(), now):
        raise Conflict("已经撤回 / withdrawn already", where=str(id))
    _tell(conn, actor, what, "withdraw", id, held | {"id": held["feature_id"]}, {"reason": reason.strip()})
    return {"id": id, "state": "withdrawn"}


def seen(rows: Sequence[dict[str, Any]], layer: Layer, actor: Actor) -> list[dict[str, Any]]:
    """Inspections as their reader sees them: inspectors are persons."""
    for one in rows:
        if "inspectors" in one and not unmasked(actor, layer, one["steward_org"]):
            one["inspectors"] = veil(one["inspectors"], "person")
    return list(rows)


def _checked(catalogue: Catalogue, what: Kind, given: Mapping[str, Any], today: dt.date) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, codes in LISTS[what].items():
        known = {o.code for o in catalogue.codes[codes]}
        if given.get(name) not in known:
            raise BadInput(f"请选择{LABELS[name]} / choose one", where=name, remedy=", ".join(sorted(known)))
        out[name] = given[name]
    for name, (least, most) in TEXTS[what].items():
        text = str(given.get(name) or "").strip()
        if not least <= len(text) <= most or "\x00" in text:
            raise BadInput(f"{LABELS[name]}须 {least}–{most} 字 / {least} to {most} characters", where=name)
        out[name] = text or None
    day = "happened_on" if what == "inspection" else "decided_on"
    out[day] = given.get(day) or today
    if not FIRST <= out[day] <= today:
        raise BadInput("日期晚于今天或太早 / the day is in the future or too early", where=day)
    if what == "inspection":
        out["result"] = given.get("result")
        if out["result"] not in ("sound", "found"):
            raise BadInput("检查结果为未发现问题或发现问题 / sound or found", where="result", remedy="sound, found")
        if out["result"] == "found" and len(out["findings"] or "") < 2:
            raise BadInput("发现问题须写明 / what was found is missing", where="findings")
        return out
    amount = given.get("amount_yuan")
    if amount is not None and out["measure"] not in MONEY:
        raise BadInput("只有罚款、没收带金额 / only a fine or a confiscation has an amount", where="amount_yuan")
    if amount is None and out["measure"] == "fine":
        raise BadInput("罚款须写明金额（元） / a fine has its amount in yuan", where="amount_yuan")
    if amount is not None and not (0 <= amount < 10**12 and amount == round(amount, 2)):
        raise BadInput("金额为不小于 0 的数，至多两位小数，单位元 / an amount in yuan", where="amount_yuan")
    return out | {"amount_yuan": amount}


def _tell(conn: Conn, actor: Actor, what: Kind, move: str, id: int, record: Mapping[str, Any], after: dict[str, Any]) -> None:
    journal.event(conn, f"{what}.changed", None, record["steward_org"], {"id": id, "ids": [record["id"]]})
    journal.audit(conn, actor, f"{what}.{move}", layer=record.get("layer"), object_id=id, steward_org=record["steward_org"],
                  after={"feature_id": record["id"]} | after)  # fmt: skip
