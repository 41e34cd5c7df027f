"""The review desk: the queue, one proposal opened beside what is in force, returned with a reason or put in force."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from riskmap.core.actor import Actor
from riskmap.core.finding import Finding
from riskmap.core.layer import Layer
from riskmap.core.level import explained, level_of
from riskmap.core.life_cycle import EDITABLE, ENDS, NEAR_M, OPEN, allow, may_decide, moved_m, next_of
from riskmap.core.mask import Mask, veil
from riskmap.errors import BadInput, Conflict, NotFound, Problem
from riskmap.flows import assess, register, succession
from riskmap.flows.card import index
from riskmap.flows.grade import Graded
from riskmap.flows.judge import COLUMNS, SIGHTED, label, moved_on, seen
from riskmap.flows.propose import held_at, note_move
from riskmap.flows.register import Desk, Proposed
from riskmap.flows.survey import roles
from riskmap.flows.trial import compared, moved
from riskmap.store import attachments, changes, features, grades
from riskmap.store.query import Conn

MOST = 200  # proposals of one bulk approval
REASONS = "return_reason"  # the code list of phrases


def opened(conn: Conn, desk: Desk, id: int, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """A proposal field by field beside what it was proposed upon, with all a decision needs. Raises NotFound."""
    held = changes.one(conn, id)
    if held is None:
        raise NotFound("没有这条申请 / no such proposal", where=str(id))
    layer = desk.catalogue.layer(held["layer"])
    current = features.one(conn, layer.name, held["feature_id"], now.date()) if held["feature_id"] else None
    base = _base(held, current)
    new = _proposed(held, base)
    if held["payload"]["record"] is None:  # some other field is refused: the level is worked out all the same
        new["level"] = level_of(layer, new["attributes"], desk.catalogue.options)
    parents = changes.parents(conn, [v["parent_id"] for v in (base, new) if v and v.get("parent_id")])
    hazards = desk.hazard_layers()
    findings = seen(conn, desk, layer, held, current) if held["state"] in OPEN else held["findings"]
    near = []
    if held["kind"] in ("create", "change") and isinstance(new.get("lon"), float) and isinstance(new.get("lat"), float):
        near = features.near(conn, [layer.name], new["lon"], new["lat"], NEAR_M, 10, beside=held["feature_id"])
    mask = Mask(actor, layer)
    kinds = mask.kinds(held["steward_org"])
    stale = current is not None and held["state"] in OPEN and current["version"] != held["base_version"]
    told = moved_on(desk, layer, held, current).extra["fields"] if stale and current else []
    return {
        key: held[key]
        for key in ("id", "layer", "kind", "state", "version", "feature_id", "base_version", "maker", "checker", "reason",
                    "created_at", "submitted_at", "decided_at", "steward_name", "moves")
    } | {
        "findings": [_veiled(f, kinds, "value", "proposal") for f in findings],
        "seen": digest(findings),
        "note": held["payload"].get("note", ""),
        "transfer": {key: held[key] for key in ("from_name", "to_name", "confirmed_by", "confirmed_at")} if held["kind"] == "transfer" else None,
        "into": held["payload"].get("into"),
        "parts": [_part(desk, part) for part in held["payload"].get("parts", ())],
        "name": new.get("name") or (base or {}).get("name"),
        "code": new.get("code") or (base or {}).get("code"),
        "district": new.get("district_code"),
        "district_name": _district(desk, new.get("district_code")),
        "parent_name": parents.get(new.get("parent_id") or 0, {}).get("name"),
        "values": mask.over(held["payload"]["values"], held["steward_org"]),
        "holdings": held["payload"].get("holdings"),
        "assessment": held["payload"].get("assessment"),
        "computed": held["payload"].get("computed") or {},
        "fields": [_veiled(f, kinds, "old", "new") for f in _fields(desk, layer, held, base, new, parents)],
        "level": {"old": base and base.get("level"), "new": new.get("level")},
        "effective_level": {"old": _effective(conn, base, hazards), "new": _effective(conn, new, hazards)},
        "why": [line.model_dump() for line in explained(layer, new.get("attributes") or {}, new.get("level"), desk.catalogue.options,
                                                        _hazard(conn, new, parents, hazards))],
        "attachments": attachments.of_change(conn, id),
        "place": {"old": _point(base), "new": _point(new), "moved_m": moved_m(base, new) if base and held["payload"]["record"] else None},
        "near": [{k: n[k] for k in ("id", "layer", "code", "name", "level", "lon", "lat", "distance_m")} for n in near],
        "near_m": NEAR_M,
        "current_version": current["version"] if current else None,
        "stale": stale,
        "conflict": [_veiled(f, kinds, "base", "current", "proposed") for f in told],
        "may": {
            "decide": held["state"] in ("submitted", "confirmed") and may_decide(actor, held),
            "edit": held["state"] in EDITABLE and held["maker"] == actor.id,
            "own": held["maker"] == actor.id,
        },
    }  # fmt: skip


def _veiled(said: Any, kinds: Mapping[str, str], *keys: str) -> Any:
    """A field, a finding or a conflict as its reader sees it."""
    kind = kinds.get(said.get("name") or said.get("field") or "")
    if kind is None:
        return said
    return dict(said) | {key: veil(said[key], kind) for key in keys if key in said}


def send_back(
    conn: Conn, desk: Desk, id: int, version: int, phrases: Sequence[str], text: str, actor: Actor, now: dt.datetime
) -> int:
    """Return a proposal to its maker with a reason: phrases by their codes, and free text. Returns its new version."""
    said = {o.code: o.zh for o in desk.catalogue.codes[REASONS]}
    unknown = [code for code in phrases if code not in said]
    if unknown:
        raise BadInput("没有这个退回原因 / no such phrase", where=", ".join(unknown), remedy=", ".join(said))
    reason = "；".join([*(said[code] for code in dict.fromkeys(phrases)), *([text.strip()] if text.strip() else [])])
    if len(reason) < 2:
        raise BadInput(
            "退回须写明原因 / a return needs its reason", where="reason", remedy="选一个短语或写几个字 / pick or write one"
        )
    held = held_at(conn, id, version)
    allow(held, "returned", actor)
    made = changes.move(conn, id, "returned", now, checker=actor.id, reason=reason[:1000])
    note_move(conn, actor, "change.return", held["layer"], _side(held), id, held["state"], "returned", held["feature_id"],
              version=made, reason=reason[:1000])  # fmt: skip
    return made


def digest(findings: Sequence[Finding]) -> str:
    """What was pointed at, in a word: it is the same as long as nothing else is."""
    said = sorted((f["code"], f["field"], str(f.get("proposal"))) for f in findings)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def pointed_at(conn: Conn, desk: Desk, layer: Layer, held: Mapping[str, Any], now: dt.datetime) -> list[Finding]:
    """The findings of a proposal as whoever asks sees the city now."""
    current = features.one(conn, layer.name, held["feature_id"], now.date()) if held["feature_id"] else None
    return seen(conn, desk, layer, held, current)


def approve(
    conn: Conn, desk: Desk, id: int, version: int, actor: Actor, now: dt.datetime, seen_as: str | None = None
) -> dict[str, Any]:
    """Put exactly what was handed in in force, in this transaction; a transfer is confirmed first. Returns {id, version, state, feature_id}.

    `seen_as`: the findings it was decided upon (`digest`, as opened); others by now are a Conflict that tells them.
    Raises Conflict when the proposal or its record moved on (both versions field by field), Forbidden for one's own.
    """
    held = held_at(conn, id, version)
    to = next_of(held)
    allow(held, to, actor)
    layer = desk.catalogue.layer(held["layer"])
    findings = pointed_at(conn, desk, layer, held, now)
    if seen_as is not None and seen_as != digest(findings):
        raise Conflict(
            "这条申请的疑点与打开时不同，未通过 / its findings are no longer those it was opened with; it was not approved",
            where=str(id),
            remedy="看过新的疑点再决定 / look at them, then decide",
            findings=findings,
            seen=digest(findings),
        )
    told = sorted({f["code"] for f in findings})
    feature = held["feature_id"]
    if to == "confirmed":
        if register.in_force(conn, layer, feature, held["base_version"], now)["status"] == "retired":
            raise Conflict("这条记录已停用 / the record is retired", where=str(feature))
        made = changes.move(conn, id, "confirmed", now, confirmed_by=actor.id)
        succession.offer(conn, held)
    elif held["kind"] == "transfer":
        made = changes.move(conn, id, "approved", now, checker=actor.id)
        succession.hand_over(conn, layer, held, actor)
    else:
        feature = _put(conn, desk, layer, held, actor, now, change=id)
        assess.keep(conn, desk, layer, held, feature, actor, now)
        made = changes.move(conn, id, "approved", now, checker=actor.id, feature_id=feature)
    operation = "change.confirm" if to == "confirmed" else "change.approve"
    note_move(conn, actor, operation, layer.name, _side(held), id, held["state"], to, feature, version=made, findings=told)
    return {"id": id, "version": made, "state": to, "feature_id": feature}


def _side(held: Mapping[str, Any]) -> int:
    """Whose books a step of a proposal stands in: those of the side that takes the record, once it is its turn."""
    return held["to_org"] if held["state"] == "confirmed" else held["steward_org"]


def approve_many(
    conn: Conn, desk: Desk, asked: Sequence[tuple[int, int]], actor: Actor, now: dt.datetime
) -> dict[str, list[dict[str, Any]]]:
    """Approve those of (id, version) that nobody has anything to say about. The others stay as they are, each with why."""
    if len(asked) > MOST:
        raise BadInput(f"一次最多 {MOST} 条 / at most {MOST} at once", where="changes")
    done, left = [], []
    for id, version in sorted(set(asked)):
        try:
            with conn.transaction():
                held = held_at(conn, id, version)
                if held["findings"] or pointed_at(conn, desk, desk.catalogue.layer(held["layer"]), held, now):
                    raise Conflict("有疑点，须逐条审核 / it has findings and is decided on its own", where=str(id))
                done.append(approve(conn, desk, id, version, actor, now))
        except Problem as why:
            left.append({"id": id, "code": why.code, "title": why.title})
    return {"approved": done, "left": left}


def effect(conn: Conn, desk: Desk, id: int, actor: Actor, now: dt.datetime, graded: Graded) -> dict[str, Any] | None:
    """What the district's grade would become: put in force within a savepoint, read as the engine reads it, taken back.

    None: a layer that grades nothing. `conn` must write, and nothing of it stays.
    """
    held = changes.one(conn, id)
    if held is None:
        raise NotFound("没有这条申请 / no such proposal", where=str(id))
    allow(held, next_of(held), actor)
    layer = desk.catalogue.layer(held["layer"])
    if layer.grading.role == "none" or held["kind"] == "transfer":  # a place is graded, whoever looks after it
        return None
    engine, by = graded.engine, graded.survey
    with conn.transaction(force_rollback=True):
        feature = _put(conn, desk, layer, held, actor, now, change=id)
        found = features.one(conn, layer.name, feature, now.date())
        assert found is not None
        ids = [feature] if held["kind"] in ENDS else grades.batch_ids(conn, found["batch_id"])
        if held["kind"] == "split":
            ids += [one["id"] for one in found["links"] if one["how"] == "split_into"]
        records = grades.inputs(conn, roles(desk.catalogue), by.method, by.moment, engine.ground.districts, ids)
    before, after = engine.trial(np.array(ids, dtype=np.int64), records)
    touched = moved(before, after)
    code = found["district_code"]
    if code is None and not touched:
        return None
    return compared(graded, index(engine, code) if code else touched[0], before, after) | {"method": by.method_name}


def _put(conn: Conn, desk: Desk, layer: Layer, held: Mapping[str, Any], actor: Actor, now: dt.datetime, change: int) -> int:
    """The one way in: through register, as any other record. Returns the record's id."""
    if held["feature_id"] is not None:
        changes.hold(conn, held["feature_id"])
        current = features.one(conn, layer.name, held["feature_id"], now.date())
        if current is None:
            raise NotFound("没有这条记录 / no such record", where=f"{layer.name}/{held['feature_id']}")
        if current["version"] != held["base_version"]:
            raise moved_on(desk, layer, held, current)
    if held["kind"] in succession.KINDS:
        succession.still(conn, layer, held, now.date())
        succession.carry_out(conn, desk, layer, held, actor, now)
        return held["feature_id"]
    if held["kind"] == "retire":
        register.retire(conn, layer, held["feature_id"], held["base_version"], actor, now, change)
        return held["feature_id"]
    proposal = Proposed(change, held["steward_org"], held["payload"]["record"])
    return register.save(
        conn, desk, layer, assess.lie_over(held["payload"]), actor, now, held["feature_id"], held["base_version"], proposal
    )


def _base(held: Mapping[str, Any], current: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The record as it was when this was proposed; None for a new one."""
    if held["kind"] == "create" or current is None:
        return None
    kept = next((v["row"] for v in current["history"] if v["version"] == held["base_version"]), None)
    return dict(kept or current)


def _proposed(held: Mapping[str, Any], base: Mapping[str, Any] | None) -> dict[str, Any]:
    """The record as proposed; of a draft with refused fields, what is typed over what is in force."""
    payload = held["payload"]
    if payload["record"] is not None:
        return payload["record"]
    columns = {form: column for column, form in COLUMNS.items()}
    own = {columns.get(k, k): v for k, v in payload["values"].items()}
    known = set(base or ()) | {"name", "address", "lon", "lat", "verified_on", "district_code", "town_code", "code", "parent_id"}
    typed = {k: v for k, v in own.items() if k not in known}
    attributes = dict((base or {}).get("attributes") or {}) | typed
    return dict(base or {}) | {k: v for k, v in own.items() if k in known} | {"attributes": attributes}


def _fields(
    desk: Desk,
    layer: Layer,
    held: Mapping[str, Any],
    base: dict[str, Any] | None,
    new: dict[str, Any],
    parents: Mapping[int, Any],
) -> list[dict[str, Any]]:
    """Every field in the order of the declaration: name, label, unit, type, old, new, changed; words where a code stands."""
    words = {
        "parent_id": lambda v: parents.get(v, {}).get("name"),
        "district_code": lambda v: (_district(desk, v) or {"zh": v})["zh"],
        "town_code": lambda v: next((t.name for t in desk.gazetteer.towns if t.code == v), v),
    }
    out = []

    def add(name: str, old: Any, value: Any, unit: str = "", kind: str = "text") -> None:
        old, value = (v.isoformat() if isinstance(v, dt.date) else v for v in (old, value))
        if old is None and value is None:
            return
        one = {"name": COLUMNS.get(name, name), "label": label(layer, name), "unit": unit, "type": kind, "old": old, "new": value,
               "changed": old != value}  # fmt: skip
        if name in words:
            one |= {"old_text": old and words[name](old), "new_text": value and words[name](value)}
        out.append(one)

    for name in ("code", "name", "parent_id", "district_code", "town_code", "address"):
        add(name, (base or {}).get(name), new.get(name))
    olds, news = (base or {}).get("attributes") or {}, new.get("attributes") or {}
    for f in layer.field:
        add(f.name, olds.get(f.name), news.get(f.name), f.unit, f.type)
    add("verified_on", (base or {}).get("verified_on"), new.get("verified_on"))
    if held["kind"] in ENDS:
        add("status", held["payload"]["difference"]["status"][0], "retired", kind="status")
        out[-1]["label"] = {"zh": "状态", "en": "Status"}
    if held["kind"] == "transfer":
        add("steward", held["from_name"], held["to_name"])
        out[-1]["label"] = {"zh": "管理单位", "en": "Organisation"}
    if held["kind"] == "merge":
        add("merged_into", None, f"{held['payload']['into']['name'] or ''} {held['payload']['into']['code']}".strip())
        out[-1]["label"] = {"zh": "并入", "en": "Merged into"}
    return out


def _part(desk: Desk, part: Mapping[str, Any]) -> dict[str, Any]:
    """One record a split makes, as the desk shows it."""
    record = part["record"] or {}
    names = ("name", "code", "level", "address")
    return {k: record.get(k, part["values"].get(k)) for k in names} | {
        "district_name": _district(desk, record.get("district_code")), "place": _point(record),
        "findings": [f for f in part["findings"] if f["code"] not in SIGHTED]}  # fmt: skip


def _effective(conn: Conn, record: Mapping[str, Any] | None, hazards: Sequence[str]) -> int | None:
    """Worse of the registered level and that of the major hazard it belongs to, as an import works it out."""
    if record is None:
        return None
    above = changes.level_above(conn, record["parent_id"], hazards) if isinstance(record.get("parent_id"), int) else None
    return min((v for v in (record.get("level"), above) if isinstance(v, int)), default=None)


def _hazard(
    conn: Conn, record: Mapping[str, Any], parents: Mapping[int, Any], hazards: Sequence[str]
) -> dict[str, Any] | None:
    """Name and level of the major hazard a record belongs to; the level counts where the name is another unit's too."""
    above = changes.level_above(conn, record["parent_id"], hazards) if isinstance(record.get("parent_id"), int) else None
    return {"name": parents.get(record["parent_id"], {}).get("name") or "—", "effective_level": above} if above else None


def _point(record: Mapping[str, Any] | None) -> list[float] | None:
    """[lon, lat] in WGS 84 degrees; None where there is no place."""
    if record is None or not all(isinstance(record.get(k), (int, float)) for k in ("lon", "lat")):
        return None
    return [round(record["lon"], 7), round(record["lat"], 7)]


def _district(desk: Desk, code: str | None) -> dict[str, str] | None:
    found = next((d for d in desk.gazetteer.districts if d.code == code), None)
    return {"zh": found.name, "en": found.name_en or found.name} if found else None
