"""What a proposal would do if it were approved now: the record it would make, what differs, what there is to say about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from riskmap.core.actor import Actor
from riskmap.core.finding import Finding, finding
from riskmap.core.heading import COMMON_LABELS
from riskmap.core.layer import Layer
from riskmap.core.life_cycle import NEAR_M, doubts, moved_m
from riskmap.errors import BadInput, Conflict
from riskmap.flows.assess import Lines, assessed, under
from riskmap.flows.register import TEXTS, Desk, checked_one, planned_one
from riskmap.store import changes, features
from riskmap.store.query import Conn

PLANNED = ("code", "name", "parent_id", "address", "district_code", "town_code", "verified_on", "lon", "lat", "cell", "level",
           "missing", "attributes", "steward_org")  # fmt: skip


# Findings that hang on what else its reader sees, or on the day: of another reader, or later, they are others.
SIGHTED = frozenset({"duplicate-exact", "duplicate-soft", "near-by", "moved-far", "missing", "level-moved", "district-moved",
                     "open-dangers", "overdue-dangers", "has-children"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tried:
    """What a save would do. `record`: what would be in force, None when a field is refused. `values`: as read, the refused ones as typed."""

    outcome: str
    record: dict[str, Any] | None
    difference: dict[str, Any]
    findings: list[Finding]
    values: dict[str, Any]


def judged(
    conn: Conn,
    desk: Desk,
    layer: Layer,
    kind: str,
    values: Mapping[str, Any],
    note: str,
    actor: Actor,
    before: Mapping[str, Any] | None,
    steward: int | None,
    holdings: Lines | None = None,
) -> tuple[dict[str, Any], list[Finding]]:
    """Payload and findings of these values over the record in force, with the chemicals of a major hazard where it tells any."""
    named = lambda name: label(layer, name)["zh"]  # noqa: E731
    if kind == "retire":
        assert before is not None
        if values:
            raise BadInput("注销不带字段 / retiring changes no field", where=", ".join(values))
        record = {key: before[key] for key in PLANNED}
        record["verified_on"] = before["verified_on"].isoformat() if before["verified_on"] else None
        payload = {"values": {}, "record": record, "difference": {"status": [before["status"], "retired"]}, "note": note[:500]}
        return payload, doubts(kind, before, record, [], [], named)
    if before is not None and values.get("code") not in (None, before["code"]):
        raise BadInput("编号不能改 / a record keeps its code", where="code")
    chemicals = assessed(conn, desk, layer, values, holdings, before)
    found = tried(conn, desk, layer, under(values, chemicals.computed), actor, before, steward)
    typed = {key: value for key, value in found.values.items() if key in values}
    typed |= {key: None for key in chemicals.computed if key in values}
    payload = {"values": typed, "record": found.record, "difference": found.difference, "note": note[:500]} | chemicals.payload
    found.findings.extend(chemicals.findings)
    if found.record is None:
        return payload, found.findings
    near = _near(conn, layer, before, found.record)
    return payload, found.findings + doubts(kind, before, found.record, near, found.findings, named)


def seen(conn: Conn, desk: Desk, layer: Layer, held: Mapping[str, Any], before: Mapping[str, Any] | None) -> list[Finding]:
    """The findings of a proposal as whoever reads now would find them: duplicates, neighbours and the record in force under the own sight.

    `held` has layer, kind, payload, findings; `before` is the record in force, None where there is none or it is not the reader's.
    """
    record = held["payload"]["record"]
    if record is None:
        return list(held["findings"])
    told: list[Finding] = [f for f in held["findings"] if f["code"] not in SIGHTED]
    if held["feature_id"] is None and record["lon"] is not None:
        twin = changes.beside(conn, layer.name, record["name"], record["parent_id"], record["lon"], record["lat"], desk.soft_m)
        if twin:
            code = "duplicate-exact" if twin["distance_m"] <= 1 else "duplicate-soft"
            said = TEXTS[code]
            value = f"{round(twin['distance_m'], 1)} m"
            told.append(finding(0, "", "lon", value, code, "warn", said["reason"], said["remedy"], {"feature_id": twin["id"]}))
    near = _near(conn, layer, before, record) if held["kind"] in ("create", "change") else []
    return told + doubts(held["kind"], before, record, near, told, lambda name: label(layer, name)["zh"])


def _near(conn: Conn, layer: Layer, before: Mapping[str, Any] | None, place: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Records of the layer beside a place that is new."""
    if place["lon"] is None or (before is not None and (moved_m(before, place) or 0) <= 1):
        return []
    return features.near(conn, [layer.name], place["lon"], place["lat"], NEAR_M, 5, beside=before["id"] if before else None)


def tried(
    conn: Conn,
    desk: Desk,
    layer: Layer,
    values: Mapping[str, Any],
    actor: Actor,
    before: Mapping[str, Any] | None,
    steward: int | None,
) -> Tried:
    """What saving these values over `before` (None: as a new record) would do. It is planned like a save and taken back: nothing stays."""
    checked = checked_one(desk, layer, values, before)
    with conn.transaction(force_rollback=True):
        _, row = planned_one(conn, desk, checked, values, actor, before["id"] if before else None, steward)
    wrong = {f["field"] for f in row["findings"] if f["severity"] == "refuse"}
    read: dict[str, Any] = {}
    for key, value in values.items():
        taken = {"lon": checked.lon, "lat": checked.lat}.get(key, checked.columns.get(key, [None]))[0]
        absent = taken is None or taken != taken or key in wrong
        read[key] = value if absent else taken.item() if key in ("lon", "lat") else taken
    return Tried(row["outcome"], row["payload"], row["difference"] or {}, row["findings"], read)


def moved_on(desk: Desk, layer: Layer, held: Mapping[str, Any], current: Mapping[str, Any]) -> Conflict:
    """The record is not at the version the proposal speaks of: both versions, field by field."""
    base = next((v["row"] for v in current["history"] if v["version"] == held["base_version"]), None) or {}
    said = {"base": flat(base), "current": flat(current), "proposed": flat(held["payload"]["record"] or {})}
    fields = []
    for name in dict.fromkeys(k for values in said.values() for k in values):
        b, c, p = (values.get(name) for values in said.values())
        if b != c or (p != b and p != c):
            fields.append({"field": name, "label": label(layer, name), "base": b, "current": c, "proposed": p})
    return Conflict(
        "在用记录已被他人修改，与申请所依据的版本不同 / the record in force moved on since this was proposed",
        where=f"version {held['base_version']} → {current['version']}",
        remedy="对照两个版本，由提交人按新版本重新提交 / compare both; its maker hands it in again on the newer one",
        base_version=held["base_version"],
        current_version=current["version"],
        fields=fields,
    )


def flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """The comparable fields of a record: common ones and attributes in one, dates as text, coordinates to 1e-7 degrees."""
    names = ("name", "parent_id", "address", "district_code", "town_code", "verified_on", "level", "lon", "lat")
    out = {name: record.get(name) for name in names if name in record}
    for name in ("lon", "lat"):
        if out.get(name) is not None:
            out[name] = round(out[name], 7)
    if isinstance(out.get("verified_on"), dt.date):
        out["verified_on"] = out["verified_on"].isoformat()
    return out | dict(record.get("attributes") or {})


COLUMNS = {"parent_id": "parent_code", "district_code": "district", "town_code": "town"}  # column of a record → field of a form


def label(layer: Layer, name: str) -> dict[str, str]:
    """What a field is called in this layer: {zh, en}."""
    fields = layer.fields()
    if name in fields:
        return fields[name].label.model_dump()
    name = COLUMNS.get(name, name)
    if name in COMMON_LABELS:
        return layer.common.labels.get(name, COMMON_LABELS[name]).model_dump()
    return {"zh": "等级", "en": "Level"} if name == "level" else {"zh": name, "en": name}
