"""Records that go over into something else: handed to another organisation, merged into another record, split into several.

Payload of such a proposal, besides what flows/propose.py says:
    to     transfer: {id, code, name} of the organisation that takes the record
    into   merge: {id, code, name, version} of the record that stays
    parts  split: [{values, record, findings}] of the records that come of it
The link stays in the data: feature.merged_into, feature.split_from, and a version 'transfer' in the history.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from riskmap.core.actor import Actor
from riskmap.core.finding import Finding, finding
from riskmap.core.layer import Layer
from riskmap.core.life_cycle import FAR_M, doubts, moved_m
from riskmap.errors import BadInput, Conflict, NotFound
from riskmap.flows import register
from riskmap.flows.judge import PLANNED, judged, label
from riskmap.flows.register import Desk, Proposed
from riskmap.store import changes, features, journal, orgs
from riskmap.store.query import Conn

KINDS = ("transfer", "split", "merge")
MOST = 20  # records of one split


def target(conn: Conn, kind: str, code: str | None, before: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The organisation a record is to go to; None for another kind of proposal. Raises BadInput."""
    if kind != "transfer":
        if code is not None:
            raise BadInput("只有移交带接收单位 / only a transfer names who takes it", where="to_org")
        return None
    found = orgs.coded(conn, code or "")
    if found is None or found["kind"] not in ("district", "zone", "street", "city"):
        raise BadInput("没有这个接收单位 / no such organisation", where="to_org", remedy="填单位代码 / give its code")
    if before is not None and found["id"] == before["steward_org"]:
        raise BadInput("接收单位就是现在的单位 / the record is this organisation's already", where="to_org")
    return {key: found[key] for key in ("id", "code", "name")}


def judged_over(
    conn: Conn,
    desk: Desk,
    layer: Layer,
    kind: str,
    note: str,
    actor: Actor,
    before: Mapping[str, Any],
    more: Mapping[str, Any],
) -> tuple[dict[str, Any], list[Finding]]:
    """Payload and findings. `more`: to (target), into (id) or parts (values of each), as the maker gave them or as the payload holds them."""
    named = lambda name: label(layer, name)["zh"]  # noqa: E731
    record = {key: before[key] for key in PLANNED}
    record["verified_on"] = before["verified_on"].isoformat() if before["verified_on"] else None
    payload: dict[str, Any] = {"values": {}, "record": record, "note": note[:500]}
    found = doubts(kind, before, record, [], [], named)
    if kind == "transfer":
        payload |= {"to": more["to"], "difference": {"steward_org": [before["steward_name"], more["to"]["name"]]}}
        return payload, found
    found = [_must(f) if f["code"] in ("open-dangers", "has-children") else f for f in found]
    if before["stock"] and any(lot["quantity"] for lot in before["stock"]):
        found.append(finding(0, "", "stock", len(before["stock"]), "has-stock", "refuse", "还有库存物资 / it still holds stock",
                             "先把库存调出 / move the stock first"))  # fmt: skip
    if kind == "merge":
        into = _into(conn, layer, before, more.get("into"))
        payload |= {"into": into, "difference": {"merged_into": [None, into["code"]], "status": [before["status"], "retired"]}}
        gap = moved_m(before, into)
        if gap is not None and gap > FAR_M:
            found.append(finding(0, "", "lon", f"{gap:.0f} m", "merge-far", "warn", f"两条记录相距 {gap:.0f} 米 / they stand {gap:.0f} m apart",
                                 "核对是否为同一处 / make sure they are one"))  # fmt: skip
        return payload, found
    parts = _parts(conn, desk, layer, actor, before, more.get("parts") or [])
    payload |= {"parts": parts, "difference": {"split": [before["code"], len(parts)], "status": [before["status"], "retired"]}}
    for n, part in enumerate(parts, 1):
        found += [{**f, "row": n} for f in part["findings"]]
    return payload, found


def _must(f: Finding) -> Finding:
    """What a retirement is only asked about stands in the way here: it would hang on a record that has gone over."""
    return {**f, "severity": "refuse"}


def _into(conn: Conn, layer: Layer, before: Mapping[str, Any], into: Any) -> dict[str, Any]:
    id = into.get("id") if isinstance(into, Mapping) else into
    found = features.one(conn, layer.name, id, dt.date.min) if isinstance(id, int) else None
    if found is None:
        raise BadInput("没有要并入的记录 / no such record to merge into", where="into")
    if found["id"] == before["id"] or found["status"] == "retired":
        raise BadInput("不能并入自己或已停用的记录 / not into itself, nor into a retired one", where="into")
    if found["steward_org"] != before["steward_org"]:
        raise BadInput("两条记录不属同一单位 / they are of two organisations", where="into", remedy="先移交，再合并 / hand it over first")
    return {key: found[key] for key in ("id", "code", "name", "version", "lon", "lat")}


def _parts(
    conn: Conn, desk: Desk, layer: Layer, actor: Actor, before: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    if not 2 <= len(parts) <= MOST:
        raise BadInput(f"拆分须有 2–{MOST} 条新记录 / a split makes 2 to {MOST} records", where="parts")
    out = []
    for part in parts:
        values = part["values"] if set(part) == {"values", "record", "findings"} else part
        if values.get("code") == before["code"]:
            raise BadInput("新记录须有自己的编号 / a new record has a code of its own", where="code")
        payload, findings = judged(conn, desk, layer, "create", values, "", actor, None, before["steward_org"])
        ours = [f for f in findings if not (isinstance(f.get("proposal"), dict) and f["proposal"].get("feature_id") == before["id"])]
        out.append({"values": payload["values"], "record": payload["record"], "findings": ours})
    return out


def carry_out(conn: Conn, desk: Desk, layer: Layer, held: Mapping[str, Any], actor: Actor, now: dt.datetime) -> None:
    """Merge or split as approved, in this transaction; the record is locked and at the version proposed upon."""
    payload, id, change = held["payload"], held["feature_id"], held["id"]
    if held["kind"] == "merge":
        into = payload["into"]
        changes.hold(conn, into["id"])
        kept = features.one(conn, layer.name, into["id"], now.date())
        if kept is None or kept["status"] == "retired" or kept["steward_org"] != held["steward_org"]:
            raise Conflict(
                "要并入的记录已停用或已移交 / the record it goes into is retired or handed over",
                where=into["code"],
                remedy="退回，请提交人重新核对 / return it, to be looked at again",
            )
        register.retire(conn, layer, id, held["base_version"], actor, now, change, merged_into=into["id"])
        return
    for part in payload["parts"]:
        proposal = Proposed(change, held["steward_org"], part["record"], id)
        register.save(conn, desk, layer, part["values"], actor, now, None, None, proposal)
    register.retire(conn, layer, id, held["base_version"], actor, now, change)


def offer(conn: Conn, held: Mapping[str, Any]) -> None:
    """The side that is to take a record hears of it: an event of its own, besides that of the side that gives."""
    journal.offered(conn, held["id"])


def hand_over(conn: Conn, layer: Layer, held: Mapping[str, Any], actor: Actor) -> None:
    """The record goes to who approved taking it: with its ledgers, its proposals and its history. Raises Conflict where it moved on."""
    changes.hand_over(conn, held["id"])
    journal.event(conn, "features.changed", layer.name, held["to_org"], {"ids": [held["feature_id"]]})
    journal.audit(
        conn,
        actor,
        "feature.transfer",
        layer=layer.name,
        object_id=held["feature_id"],
        steward_org=held["to_org"],
        before={"steward_org": held["from_org"]},
        after={"steward_org": held["to_org"], "change": held["id"]},
    )


def still(conn: Conn, layer: Layer, held: Mapping[str, Any], today: dt.date) -> dict[str, Any]:
    """The record a merge or a split ends, with nothing on it by now that would be lost. Raises NotFound, Conflict."""
    current = features.one(conn, layer.name, held["feature_id"], today)
    if current is None:
        raise NotFound("没有这条记录 / no such record", where=f"{layer.name}/{held['feature_id']}")
    hangs = current["children"] or [d for d in current["dangers"] if d["state"] not in ("closed", "withdrawn")]
    if hangs or any(lot["quantity"] for lot in current["stock"]):
        raise Conflict(
            "记录上还有下级、未销账隐患或库存 / records, open dangers or stock hang on it",
            where=current["code"],
            remedy="退回，先处理再提交 / return it, to be seen to first",
        )
    return current
