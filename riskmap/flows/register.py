"""Registration: a checked table becomes a plan, a plan is put in force, a batch is taken back; one record goes the same way.

Whatever comes in, by file, form or demo, passes core.feature.check and is planned, committed and journalled here and nowhere else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from riskmap.catalogue import Catalogue
from riskmap.core.actor import Actor
from riskmap.core.feature import Checked, check
from riskmap.core.gazetteer import Gazetteer
from riskmap.core.layer import COMMON_FIELDS, Layer
from riskmap.errors import BadInput, Conflict, NotFound, Precondition
from riskmap.flows.staging import Cells, staged
from riskmap.store import features, imports, journal, orgs
from riskmap.store.query import Conn

TEXTS = {
    "parent-unknown": {
        "reason": "没有这个编号的上级记录 / no parent record has this code",
        "remedy": "先登记上级，或改正编号 / register the parent first, or mend the code",
    },
    "duplicate-exact": {
        "reason": "1 米内已有同类记录 / a record of this layer stands within 1 m",
        "remedy": "核对后选择保留或合并 / compare, then keep or merge",
    },
    "duplicate-soft": {
        "reason": "附近有名称相近的记录 / a record with a similar name stands near by",
        "remedy": "核对后选择保留或合并 / compare, then keep or merge",
    },
    "outside-unit": {
        "reason": "位置不在本单位的区域内 / the place is outside the unit's own area",
        "remedy": "核对位置；确属本单位的，在说明中写明原因 / check the place; if it is the unit's all the same, say why in the note",
    },
}


@dataclass(frozen=True, slots=True)
class Desk:
    """What every registration needs at hand."""

    catalogue: Catalogue
    gazetteer: Gazetteer
    soft_m: float = 100.0

    def hazard_layers(self) -> list[str]:
        return self.catalogue.with_role("major_hazard")


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows come from. `steward` forces the owner; else the district's organisation, else the city's."""

    file_name: str
    file_hash: str = ""
    crs: str = "wgs84"
    mapping: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    steward: int | None = None
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Proposed:
    """A reviewed proposal: its number, whose record it is, the record as it was shown to the reviewer, and the one it comes of in a split."""

    change: int
    steward: int | None
    record: Mapping[str, Any]
    split_from: int | None = None


def plan(
    conn: Conn,
    desk: Desk,
    checked: Checked,
    source: Source,
    actor: Actor,
    targets: Sequence[int | None] | None = None,
    clears: Sequence[Sequence[str]] | None = None,
    cells: Cells | None = None,
) -> dict[str, Any]:
    """Plan every row of `checked` against what is in force. Nothing in force changes.

    Returns {id, counts, plan_hash}. `targets` names the record each row means (form); `clears` the fields a row empties;
    `cells` are a file's own, kept to be mended (flows/mend.py).
    """
    layer = desk.catalogue.layer(checked.layer)
    batch = imports.open_batch(
        conn,
        layer=layer.name,
        steward_org=source.steward or actor.org,
        actor=actor.id,
        file_name=source.file_name,
        file_hash=source.file_hash,
        crs=checked.crs,
        mapping=dict(source.mapping),
        options=dict(source.options),
        demo=source.demo,
    )
    imports.stage(conn, staged(desk.gazetteer, layer, checked, targets, clears, cells))
    return {"id": batch} | imports.plan(conn, batch, judged_by(conn, desk, layer, source.steward), list(checked.file_findings))


def judged_by(conn: Conn, desk: Desk, layer: Layer, steward: int | None) -> imports.Planning:
    """What a plan of this layer's rows is judged by."""
    return imports.Planning(
        layer=layer.name,
        parents=layer.parents,
        steward=steward,
        city=orgs.city(conn),
        probe=bool(features.any_of(conn, layer.name)),
        soft_m=desk.soft_m,
        required=required_fields(layer),
        texts=TEXTS,
    )


def commit(
    conn: Conn,
    desk: Desk,
    batch: int,
    plan_hash: str,
    actor: Actor,
    now: dt.datetime,
    accept_duplicates: bool = False,
    change: int | None = None,
    split_from: int | None = None,
    *,
    approved: bool = False,
) -> dict[str, Any]:
    """Execute exactly the plan with that hash. A second commit of the same plan changes nothing and answers the same.

    `change` is the proposal it comes of, written into the history; `approved`: the batch was handed in, and who asks approves it.

    Raises NotFound, Precondition (another plan was shown), Conflict (a record moved on since; nothing is stored).
    """
    held = imports.lock(conn, batch)
    if held is None:
        raise NotFound("没有这个批次 / no such batch", where=str(batch))
    if held["plan_hash"] != plan_hash:
        raise Precondition(
            "要提交的不是所看到的计划 / this is not the plan that was shown",
            where="plan_hash",
            remedy="重新打开计划再提交 / reopen the plan, then commit",
        )
    if held["state"] == "committed":
        return {"id": batch, "state": "committed", "counts": held["counts"], "repeated": True}
    if held["state"] != ("submitted" if approved else "planned"):
        raise Conflict(
            "批次不在待提交状态 / the batch cannot be committed", where=held["state"], remedy="重新上传 / upload again"
        )
    stale = imports.stale(conn, batch, held["layer"])
    if stale:
        raise Conflict(
            "计划已过时：有记录在此期间被他人修改 / the plan is stale: records were changed since",
            where=f"{len(stale)} 行 / rows",
            remedy="重新生成计划 / plan again",
            rows=stale,
        )
    layer = desk.catalogue.layer(held["layer"])
    outcomes = ["new", "incomplete"] + (["duplicate"] if accept_duplicates else [])
    counts = imports.commit(
        conn,
        batch,
        layer=layer.name,
        prefix=layer.code_prefix,
        outcomes=outcomes,
        hazard_layers=desk.hazard_layers(),
        demo=held["demo"],
        actor=actor.id,
        now=now,
        change=change,
        checker=actor.id if approved else None,
        split_from=split_from,
    )
    journal.event(conn, "features.changed", layer.name, held["steward_org"], {"batch": batch})
    journal.audit(
        conn,
        actor,
        "import.approve" if approved else "import.commit",
        layer=layer.name,
        object_id=batch,
        steward_org=held["steward_org"],
        after={"plan_hash": plan_hash} | held["counts"] | counts,
    )
    return {"id": batch, "state": "committed", "counts": held["counts"] | counts, "repeated": False}


def undo(conn: Conn, desk: Desk, batch: int, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Take a committed batch back, unless a row of it has been edited since or something hangs on it (Conflict names them)."""
    held = imports.lock(conn, batch)
    if held is None:
        raise NotFound("没有这个批次 / no such batch", where=str(batch))
    if held["layer"] not in desk.catalogue.layers:  # layer.ledger: its rows are append-only
        raise Conflict(
            "台账只增不删，整批不能撤销 / a ledger only grows, its batch is not taken back",
            where=held["layer"],
            remedy="用更正的文件或出入库记录更正 / mend with a further entry",
        )
    if held["state"] == "undone":
        return {"id": batch, "state": "undone", "repeated": True}
    if held["state"] != "committed":
        raise Conflict("批次尚未提交，没有可撤销的 / the batch is not committed, there is nothing to undo", where=held["state"])
    edited = imports.edited(conn, batch)
    if edited:
        raise Conflict(
            "不能撤销：批次中有记录已被修改或已有下级记录 / cannot undo: records were edited since or something hangs on them",
            where=f"{len(edited)} 条 / records",
            remedy="逐条修改 / change them one by one",
            rows=edited,
        )
    counts = imports.undo(conn, batch, actor.id, now, desk.hazard_layers())
    journal.event(conn, "features.changed", held["layer"], held["steward_org"], {"batch": batch})
    journal.audit(conn, actor, "import.undo", layer=held["layer"], object_id=batch, steward_org=held["steward_org"], after=counts)
    return {"id": batch, "state": "undone", "repeated": False} | counts


def save(
    conn: Conn,
    desk: Desk,
    layer: Layer,
    values: Mapping[str, Any],
    actor: Actor,
    now: dt.datetime,
    id: int | None = None,
    version: int | None = None,
    proposal: Proposed | None = None,
) -> int:
    """Create one record (id None) or change one at `version`; the same door as a file of one row. Returns its id.

    A key with None empties the field. `proposal`: what was reviewed; exactly that is put in force, a suspected duplicate too.
    Raises BadInput with every finding, Conflict with the difference, NotFound.
    """
    before = in_force(conn, layer, id, version, now) if id is not None else None
    checked = checked_one(desk, layer, values, before)
    if checked.refused.any():
        raise BadInput(
            "有字段不合要求，未保存 / some fields are not taken, nothing was saved",
            where=", ".join(f["field"] for f in checked.findings),
            findings=checked.findings,
            remedy="; ".join(f["remedy"] for f in checked.findings[:3]),
        )
    made, row = planned_one(conn, desk, checked, values, actor, id, proposal.steward if proposal else None)
    if row["outcome"] == "duplicate" and id is None and proposal is None:
        raise Conflict(
            "疑似重复 / suspected duplicate",
            where=str(row["feature_id"]),
            remedy="核对后用批量登记保留，或修改已有记录 / compare; change the record there is",
            findings=row["findings"],
        )
    if row["outcome"] == "refused":
        raise BadInput("未保存 / not saved", findings=row["findings"])
    if proposal is not None and row["payload"] != proposal.record:
        raise Conflict(
            "重新核对的结果与提交时不同，未生效 / checked anew it is not what was handed in; nothing was put in force",
            where=", ".join(sorted(k for k in row["payload"] if row["payload"][k] != proposal.record.get(k))),
            remedy="退回，请提交人重新提交 / return it, to be handed in again",
        )
    if row["outcome"] != "unchanged":
        change, origin = (proposal.change, proposal.split_from) if proposal else (None, None)
        commit(conn, desk, made["id"], made["plan_hash"], actor, now, proposal is not None, change, origin)
    return id if id is not None else features.created_by(conn, made["id"])


def in_force(conn: Conn, layer: Layer, id: int, version: int | None, now: dt.datetime) -> dict[str, Any]:
    """The record at exactly `version`. Raises NotFound, Conflict."""
    before = features.one(conn, layer.name, id, now.date())
    if before is None:
        raise NotFound("没有这条记录 / no such record", where=f"{layer.name}/{id}")
    if version != before["version"]:
        raise Conflict(
            "这条记录已被他人修改 / the record was changed by someone else",
            where=f"version {before['version']}",
            remedy="对照差异后重新保存 / compare and save again",
            current={"version": before["version"], "name": before["name"], "attributes": before["attributes"]},
        )
    return before


def checked_one(desk: Desk, layer: Layer, values: Mapping[str, Any], before: Mapping[str, Any] | None) -> Checked:
    """One record through the door, its partner fields with it. Raises BadInput for a field the layer does not have."""
    unknown = [key for key in values if key not in COMMON_FIELDS and key not in layer.fields()]
    if unknown:
        raise BadInput(
            "没有这些字段 / no such fields", where=", ".join(unknown), remedy="可用字段见 GET /api/layers/" + layer.name
        )
    if before is not None:
        values = _with_partners(layer, values, before)
    return check(layer, desk.catalogue.codes, {key: [value] for key, value in values.items()} or {"name": [None]}, gazetteer=desk.gazetteer)


def planned_one(
    conn: Conn, desk: Desk, checked: Checked, values: Mapping[str, Any], actor: Actor, id: int | None, steward: int | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The plan of a batch of one and its row."""
    clears = [key for key, value in values.items() if value is None]
    made = plan(conn, desk, checked, Source(file_name="(form)", steward=steward), actor, targets=[id], clears=[clears])
    return made, imports.planned(conn, made["id"], None, 0, 1)[0]


def retire(conn: Conn, layer: Layer, id: int, version: int, actor: Actor, now: dt.datetime, change: int | None = None,
           merged_into: int | None = None) -> None:  # fmt: skip
    """Take one record out of service, as proposed by `change`. It stays, with its history and its successor. Raises NotFound, Conflict."""
    before = features.one(conn, layer.name, id, now.date())
    if before is None:
        raise NotFound("没有这条记录 / no such record", where=f"{layer.name}/{id}")
    if not features.retire(conn, layer.name, id, version, actor.id, now, change, merged_into):
        raise Conflict(
            "这条记录已被他人修改或已停用 / the record was changed or retired by someone else",
            where=f"version {before['version']}",
            remedy="刷新后再试 / reload and try again",
        )
    journal.event(conn, "features.changed", layer.name, before["steward_org"], {"ids": [id]})
    after = {"status": "retired"} | ({"merged_into": merged_into} if merged_into else {})
    journal.audit(conn, actor, "feature.retire", layer=layer.name, object_id=id, steward_org=before["steward_org"],
                  before={"status": before["status"]}, after=after)  # fmt: skip


def required_fields(layer: Layer) -> list[str]:
    """Fields a complete record of this layer must have; a record without one is 待补."""
    return [
        *layer.common.required,
        *(f.name for f in layer.field if f.required),
        *(("lon", "lat") if "lon" not in layer.common.required else ()),
    ]


def _with_partners(layer: Layer, values: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """A change of L alone still needs S to give a level: bring the partner fields of the level rule and of the place."""
    out = dict(values)
    if layer.level:
        for name in (layer.level.likelihood, layer.level.severity, layer.level.field):
            if (
                name
                and name not in out
                and before["attributes"].get(name) is not None
                and any(n in values for n in (layer.level.likelihood, layer.level.severity))
            ):
                out[name] = before["attributes"][name]
    if ("lon" in out) != ("lat" in out):
        out.setdefault("lon", before["lon"])
        out.setdefault("lat", before["lat"])
    return out
