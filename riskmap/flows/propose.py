"""A proposal on its maker's side: saved as a draft, changed, handed in, taken back.

Its payload, JSON:
    values      field → value as read, or as typed where a field is refused; None empties the field
    record      what would be in force, as a plan keeps it; None while a field is refused
    difference  field → [in force, proposed], of what differs
    note        why, in the maker's words: retiring, a place outside the unit's own area
    holdings, assessment, computed: of a major hazard, see riskmap/flows/assess.py
A draft may lack anything and hold refused values; what is handed in may lack (待补) but holds none refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from riskmap.core.actor import Actor
from riskmap.core.finding import Finding
from riskmap.core.layer import Layer
from riskmap.core.life_cycle import EDITABLE, KINDS, PROPOSERS, allow
from riskmap.errors import BadInput, Conflict, Forbidden, NotFound
from riskmap.flows import succession
from riskmap.flows.assess import Lines
from riskmap.flows.judge import judged, moved_on
from riskmap.flows.register import Desk, in_force
from riskmap.store import changes, features, journal
from riskmap.store.query import Conn

ANSWERED = frozenset({"outside-unit"})  # findings that their maker answers in the note before the proposal is handed in


def draft(
    conn: Conn,
    desk: Desk,
    layer: Layer,
    kind: str,
    values: Mapping[str, Any],
    actor: Actor,
    now: dt.datetime,
    *,
    feature: int | None = None,
    base_version: int | None = None,
    note: str = "",
    holdings: Lines | None = None,
    to: str | None = None,
    into: int | None = None,
    parts: Sequence[Mapping[str, Any]] | None = None,
) -> int:
    """Begin a proposal: a new record, a change of `feature` at `base_version`, or its end. Returns the proposal's id.

    `to`: code of the organisation that takes it over (transfer); `into`: the record it is merged into; `parts`: what it is split into.

    Raises BadInput, NotFound, Forbidden (another organisation's record that all staff may see), Conflict (moved on, or proposed already).
    """
    if actor.role not in PROPOSERS:
        raise Forbidden("这个角色不提交申请 / this role does not propose", where=actor.role)
    if kind not in KINDS or (kind == "create") != (feature is None):
        raise BadInput("新增不带记录号，改动和注销须带记录号 / a new record has no id, a change has one", where="feature_id")
    before, steward = None, None if actor.scope == "city" else actor.org
    if feature is not None:
        before = in_force(conn, layer, feature, base_version, now)
        steward = before["steward_org"]
        if actor.scope != "city" and steward not in (actor.orgs or (actor.org,)):
            raise Forbidden(
                "不是本单位的记录，不能提交改动 / this record is another organisation's", where=before["steward_name"]
            )
        if before["status"] == "retired":
            raise Conflict("这条记录已注销 / the record is retired", where=f"{layer.name}/{feature}")
        standing = changes.open_of(conn, feature)
        if standing:
            raise Conflict(
                "这条记录已有一份未办结的申请 / a proposal for this record is open already",
                where=f"change {standing['id']}",
                remedy="在那份申请里接着改，或等它办结 / go on with that one, or wait for it",
                change=standing["id"],
                state=standing["state"],
            )
    taker = succession.target(conn, kind, to, before)
    more = {"to": taker, "into": into, "parts": parts, "holdings": holdings}
    payload, findings = _judged(conn, desk, layer, kind, values, note, actor, before, steward, more)
    owner = steward or (payload["record"] or {}).get("steward_org") or actor.org
    id = changes.add(
        conn,
        layer=layer.name,
        kind=kind,
        feature_id=feature,
        base_version=before["version"] if before else None,
        steward_org=owner,
        payload=payload,
        findings=findings,
        maker=actor.id,
        now=now,
        to_org=taker["id"] if taker else None,
    )
    note_move(conn, actor, "change.draft", layer.name, owner, id, None, "draft", feature)
    return id


def edit(
    conn: Conn,
    desk: Desk,
    id: int,
    version: int,
    values: Mapping[str, Any],
    actor: Actor,
    now: dt.datetime,
    *,
    base_version: int | None = None,
    note: str | None = None,
    holdings: Lines | None = None,
    parts: Sequence[Mapping[str, Any]] | None = None,
) -> int:
    """Save more values into a draft or a returned proposal at `version`; returns its new version. `values` lie over those it has.

    A record that moved on since does not stop the saving, only the handing in; `base_version` says that its maker has seen the newer one.
    """
    held = held_at(conn, id, version)
    if held["state"] not in EDITABLE:
        raise Conflict(
            "已提交的申请不能改 / a proposal that was handed in is not edited",
            where=f"state {held['state']}",
            state=held["state"],
        )
    if held["maker"] != actor.id:
        raise Forbidden("只有提交人能改动这条申请 / only its maker may", where=held["maker"])
    layer = desk.catalogue.layer(held["layer"])
    before = _before(conn, layer, held, now)
    if base_version is not None and before is not None and base_version != before["version"]:
        raise moved_on(desk, layer, held, before)
    old = held["payload"]
    payload, findings = _judged(
        conn,
        desk,
        layer,
        held["kind"],
        {**old["values"], **values},
        old.get("note", "") if note is None else note,
        actor,
        before,
        held["steward_org"],
        old | ({} if parts is None else {"parts": parts}) | ({} if holdings is None else {"holdings": holdings}),
    )
    made = changes.edit(conn, id, version, base_version or held["base_version"], payload, findings, now)
    assert made is not None  # locked above
    note_move(
        conn,
        actor,
        "change.edit",
        layer.name,
        held["steward_org"],
        id,
        held["state"],
        held["state"],
        held["feature_id"],
        version=made,
    )
    return made


def submit(conn: Conn, desk: Desk, id: int, version: int, actor: Actor, now: dt.datetime) -> int:
    """Hand a proposal in: judged anew, then fixed. Returns its new version. Raises BadInput, Conflict."""
    held = held_at(conn, id, version)
    allow(held, "submitted", actor)
    layer = desk.catalogue.layer(held["layer"])
    before = _before(conn, layer, held, now)
    if before is not None and before["version"] != held["base_version"]:
        raise moved_on(desk, layer, held, before)
    old = held["payload"]
    payload, findings = _judged(
        conn, desk, layer, held["kind"], old["values"], old.get("note", ""), actor, before, held["steward_org"], old
    )
    refused = [f for f in findings if f["severity"] == "refuse"]
    if refused or payload["record"] is None:
        raise BadInput(
            "有字段不合要求，未提交 / some fields are not taken, it was not handed in",
            where=", ".join(f["field"] for f in refused),
            findings=refused,
            remedy="; ".join(f["remedy"] for f in refused[:3]),
        )
    unanswered = [f for f in findings if f["code"] in ANSWERED]
    if unanswered and len(payload["note"].strip()) < 2:
        raise BadInput(
            "有须说明的事项，未提交 / something needs a word of explanation, it was not handed in",
            where="note",
            findings=unanswered,
            remedy="; ".join(f["remedy"] for f in unanswered),
        )
    if before is not None and not payload["difference"] and "holdings" not in payload:
        raise BadInput("没有改动，无须提交 / nothing differs from the record in force", where="values")
    at = changes.edit(conn, id, version, held["base_version"], payload, findings, now)
    assert at is not None
    made = changes.move(conn, id, "submitted", now)
    note_move(
        conn,
        actor,
        "change.submit",
        layer.name,
        held["steward_org"],
        id,
        held["state"],
        "submitted",
        held["feature_id"],
        version=made,
    )
    return made


def withdraw(conn: Conn, id: int, version: int, actor: Actor, now: dt.datetime) -> int:
    """Take a draft or a returned proposal back for good. Returns its new version."""
    held = held_at(conn, id, version)
    allow(held, "withdrawn", actor)
    made = changes.move(conn, id, "withdrawn", now)
    note_move(
        conn,
        actor,
        "change.withdraw",
        held["layer"],
        held["steward_org"],
        id,
        held["state"],
        "withdrawn",
        held["feature_id"],
        version=made,
    )
    return made


def held_at(conn: Conn, id: int, version: int) -> dict[str, Any]:
    """The proposal, locked, at exactly the version the person saw. Raises NotFound (absent or another's: the same), Conflict."""
    held = changes.lock(conn, id)
    if held is None:
        raise NotFound("没有这条申请 / no such proposal", where=str(id))
    if held["version"] != version:
        raise Conflict(
            "这条申请已有新的变动 / the proposal has moved on",
            where=f"version {held['version']}",
            remedy="刷新后再办 / reload and look again",
            current={"version": held["version"], "state": held["state"], "checker": held["checker"]},
        )
    return held


def note_move(
    conn: Conn,
    actor: Actor,
    operation: str,
    layer: str,
    steward: int,
    id: int,
    before: str | None,
    after: str,
    feature: int | None,
    **more: Any,
) -> None:
    """Event and audit row of a step of a proposal; the audit row's object is the proposal."""
    journal.event(conn, "changes.moved", layer, steward, {"change": id, "state": after})
    journal.audit(
        conn,
        actor,
        operation,
        layer=layer,
        object_id=id,
        steward_org=steward,
        before=None if before is None else {"state": before},
        after={"state": after, "feature_id": feature} | more,
    )


def _judged(
    conn: Conn,
    desk: Desk,
    layer: Layer,
    kind: str,
    values: Mapping[str, Any],
    note: str,
    actor: Actor,
    before: dict[str, Any] | None,
    steward: int | None,
    more: Mapping[str, Any],
) -> tuple[dict[str, Any], list[Finding]]:
    """Payload and findings, whatever the kind. `more`: what a transfer, a merge or a split is about; the chemicals of a major hazard."""
    if kind not in succession.KINDS:
        return judged(conn, desk, layer, kind, values, note, actor, before, steward, more.get("holdings"))
    assert before is not None
    if values:
        raise BadInput("这种申请不改字段 / this kind changes no field", where=", ".join(values))
    return succession.judged_over(conn, desk, layer, kind, note, actor, before, more)


def _before(conn: Conn, layer: Layer, held: Mapping[str, Any], now: dt.datetime) -> dict[str, Any] | None:
    if held["feature_id"] is None:
        return None
    found = features.one(conn, layer.name, held["feature_id"], now.date())
    if found is None:
        raise NotFound("没有这条记录 / no such record", where=f"{layer.name}/{held['feature_id']}")
    return found
