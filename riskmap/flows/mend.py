"""Rows of a plan mended in place: their cells changed, checked and planned anew as the whole file was, the plan sealed with a new hash.

What comes out is what an upload of the mended file would give: rows that stand twice are compared anew over the whole batch
wherever a mend touches what they are compared by. The cells as they came stay with the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from riskmap.core.actor import Actor
from riskmap.core.feature import Checked, check
from riskmap.core.layer import Layer
from riskmap.errors import BadInput, Conflict, Forbidden, NotFound, Precondition
from riskmap.flows import plan, progress, register
from riskmap.flows.batch import WORDS
from riskmap.flows.register import Desk
from riskmap.flows.staging import Twins, keys_of, staged, twins_of
from riskmap.store import imports, journal, plans
from riskmap.store.query import Conn

OPEN = ("planned", "returned")
LONGEST = 2_000  # characters of a cell
Cells = Mapping[str, Any]  # heading → cell, None empties it


@dataclass(frozen=True, slots=True)
class Edit:
    """What is mended: rows by number with their cells; or every row asked for: `cells` put in, the proposals of findings of code `adopt` taken."""

    rows: Mapping[int, Cells] = field(default_factory=dict)
    every: plans.Asked | None = None
    cells: Cells = field(default_factory=dict)
    adopt: str = ""


def mend(conn: Conn, desk: Desk, batch: int, plan_hash: str, edit: Edit, actor: Actor, tolerance_m: float) -> dict[str, Any]:
    """Mend rows of one's own plan before it is handed in. {id, state, plan_hash, counts, mended: row numbers, also: rows judged anew with them}.

    Raises NotFound, Precondition (another plan was seen), Forbidden, Conflict, BadInput.
    """
    held = imports.lock(conn, batch)
    if held is None:
        raise NotFound("没有这个批次 / no such batch", where=str(batch))
    layer = desk.catalogue.layer(held["layer"])
    _allow(held, plan_hash, actor)
    mapping = dict(held["mapping"])
    rows = _rows(conn, batch, edit)
    edits = _edits(edit, rows, mapping, held["crs"])
    added = _added(plan.columns(desk, layer, mapping), edits, mapping)
    rows = [one for one in rows if edits.get(one["row_no"])]
    if not rows:
        raise BadInput("没有可改的行 / no row to mend", where=str(batch), remedy="换一个筛选条件 / ask for other rows")
    cells, was = _changed(rows, edits)
    progress.tell("checking", total=len(rows))
    checked = _checked(desk, layer, mapping, held, cells, tolerance_m)
    twins, also = _twins(conn, batch, rows, checked)
    if also:  # rows whose like was mended
        for one in plans.kept(conn, batch, plans.Asked(), also):
            cells[one["row_no"]], was[one["row_no"]] = one["raw"]["cells"], one["raw"].get("was", {})
        checked = _checked(desk, layer, mapping, held, cells, tolerance_m)
    numbers = sorted(cells)
    if plans.drop(conn, batch, numbers) != len(numbers):
        raise Conflict("有的行已成为单独的申请 / some rows are proposals of their own by now", where=str(batch), remedy="刷新后再试 / reload")
    if added:
        plans.remap(conn, batch, mapping)
    steward = None if actor.scope == "city" else actor.org
    table = {h: [cells[n].get(h) for n in numbers] for h in mapping.values() if not h.startswith("=")}
    imports.stage(conn, staged(desk.gazetteer, layer, checked, None, None, table, twins, was))
    findings = [f for f in held["findings"] if f["code"] != "same-places"]  # the plan itself says so row by row
    made = imports.plan(conn, batch, register.judged_by(conn, desk, layer, steward), findings)
    told = {"plan_hash": made["plan_hash"], "rows": len(rows), "first": [one["row_no"] for one in rows[:100]],
            "columns": sorted({h for one in edits.values() for h in one})}  # fmt: skip
    journal.event(conn, "batches.changed", layer.name, held["steward_org"], {"batch": batch})
    journal.audit(conn, actor, "import.mend", layer=layer.name, object_id=batch, steward_org=held["steward_org"],
                  before={"plan_hash": plan_hash} | held["counts"], after=told | made["counts"])  # fmt: skip
    return {"id": batch, "state": "planned"} | made | {"mended": [one["row_no"] for one in rows], "also": also}


def _allow(held: Mapping[str, Any], plan_hash: str, actor: Actor) -> None:
    if held["actor"] != actor.id:
        raise Forbidden("只有提交人能改 / only its maker mends a batch", where=held["actor"])
    if held["state"] not in OPEN:
        raise Conflict(f"批次现在是“{WORDS[held['state']]}”，不能再改 / a batch is mended before it is handed in", where=held["state"],
                       remedy="先撤回或请审核人退回 / have it returned first", state=held["state"])  # fmt: skip
    if held["plan_hash"] != plan_hash:
        raise Precondition("批次的计划与所看到的不同 / this is not the plan that was shown", where="plan_hash",
                           remedy="刷新后再改 / reload, then mend")  # fmt: skip


def _rows(conn: Conn, batch: int, edit: Edit) -> list[dict[str, Any]]:
    """What is mended, with what it is mended from."""
    if edit.every is not None:
        found = plans.kept(conn, batch, edit.every)
    else:
        found = plans.kept(conn, batch, plans.Asked(), sorted(edit.rows))
        if missing := sorted(set(edit.rows) - {one["row_no"] for one in found}):
            raise NotFound("没有这一行 / no such row", where="、".join(map(str, missing[:10])))
        if split := [one["row_no"] for one in found if one["change_id"] is not None]:
            raise Conflict("这一行已成为单独的申请，在那里改 / the row is a proposal of its own by now", where=str(split[0]),
                           remedy="在“我的填报”里改 / mend it among your drafts")  # fmt: skip
    found = [one for one in found if one["change_id"] is None]
    if any(one["raw"] is None for one in found):
        raise Conflict("这个批次没有留下原格 / this batch keeps no cells to mend", where=str(batch), remedy="重新上传 / upload again")
    return found


def _edits(edit: Edit, rows: Iterable[Mapping[str, Any]], mapping: Mapping[str, str], crs: str) -> dict[int, dict[str, Any]]:
    """Row → heading → what is put in."""
    if edit.every is None:
        return {n: dict(cells) for n, cells in edit.rows.items()}
    out: dict[int, dict[str, Any]] = {}
    for one in rows:
        taken = dict(edit.cells)
        for found in one["findings"] if edit.adopt else ():
            if found["code"] == edit.adopt:
                taken |= adopted(found["proposal"], one["raw"]["cells"], mapping, crs)
        out[one["row_no"]] = taken
    return out


def adopted(proposal: Any, cells: Cells, mapping: Mapping[str, str], crs: str) -> dict[str, Any]:
    """The cells by which a proposal of the doctor is taken; empty where it cannot be by cells alone."""
    mend = proposal.get("mend") if isinstance(proposal, dict) else None
    lon, lat = mapping.get("lon"), mapping.get("lat")
    if mend == "district" and "district" in mapping:
        return {mapping["district"]: proposal["district"]}
    if lon is None or lat is None:
        return {}
    if mend == "swap":
        return {lon: cells.get(lat), lat: cells.get(lon)}
    if mend == "crs" and "crs" in mapping:
        return {mapping["crs"]: proposal["crs"]}
    if mend in ("crs", "crs+swap") and "crs" not in mapping and crs in ("wgs84", "cgcs2000"):
        return {lon: proposal["lon"], lat: proposal["lat"]}
    return {}


def _added(columns: list[plan.Column], edits: Mapping[int, Cells], mapping: dict[str, str]) -> bool:
    """Every heading is the plan's to mend; a column the file had not comes to the mapping. Raises BadInput."""
    known = {c.heading: c for c in columns if not c.constant}
    asked = {h for one in edits.values() for h in one}
    if unknown := sorted(asked - known.keys()):
        raise BadInput("没有这一列 / no such column", where="、".join(unknown)[:200], remedy="、".join(known))
    for one in edits.values():
        for heading, value in one.items():
            if isinstance(value, str) and (len(value) > LONGEST or "\x00" in value):
                raise BadInput("内容太长或有不能用的字符 / too long, or holds what is no text", where=heading)
    fresh = [known[h] for h in asked if known[h].added]
    mapping.update({c.field: c.heading for c in fresh})
    return bool(fresh)


def _changed(rows: Iterable[Mapping[str, Any]], edits: Mapping[int, Cells]) -> tuple[dict[int, dict[str, Any]], dict[int, dict[str, Any]]]:
    """Row → its cells mended; row → the mended ones as they came (a cell put back leaves no trace)."""
    cells: dict[int, dict[str, Any]] = {}
    was: dict[int, dict[str, Any]] = {}
    for one in rows:
        n, now, before = one["row_no"], dict(one["raw"]["cells"]), dict(one["raw"].get("was", {}))
        for heading, value in edits[n].items():
            put = None if isinstance(value, str) and not value.strip() else value
            before.setdefault(heading, now.get(heading))
            if put is None:
                now.pop(heading, None)
            else:
                now[heading] = put
            if str(before[heading] if before[heading] is not None else "") == str(put if put is not None else ""):
                put = before.pop(heading)
                if put is not None:
                    now[heading] = put
        cells[n], was[n] = now, before
    return cells, was


def _checked(
    desk: Desk, layer: Layer, mapping: Mapping[str, str], held: Mapping[str, Any], cells: Mapping[int, Cells], tolerance_m: float
) -> Checked:
    """The rows through the door the file came by, read as the file was."""
    numbers = sorted(cells)
    table = {h: [cells[n].get(h) for n in numbers] for h in mapping.values() if not h.startswith("=")}
    given = {heading: name for name, heading in mapping.items()}
    return check(layer, desk.catalogue.codes, table, gazetteer=desk.gazetteer, row_no=numbers, crs=held["crs"], mapping=given,
                 district=held["options"].get("district"), tolerance_m=tolerance_m)  # fmt: skip


def _twins(conn: Conn, batch: int, rows: list[dict[str, Any]], checked: Checked) -> tuple[Twins, list[int]]:
    """Which of the rows repeat which, and the other rows of the batch for which that is not as before."""
    before = {one["row_no"]: one["raw"] for one in rows}
    keys = {int(n): keys_of(checked, i) for i, n in enumerate(checked.row_no)}
    stood = {n: _pair(raw.get("twin")) for n, raw in before.items()}
    if all(keys[n] == raw["keys"] for n, raw in before.items()):
        return {n: pair for n, pair in stood.items() if pair}, []
    every = plans.keys(conn, batch)
    if any(one["keys"] is None for one in every):
        raise Conflict("这个批次没有留下原格 / this batch keeps no cells to mend", where=str(batch), remedy="重新上传 / upload again")
    numbers = [one["row_no"] for one in every]
    codes, names, parents, lon, lat = zip(*(keys.get(one["row_no"], one["keys"]) for one in every), strict=True)
    found = twins_of(numbers, names, codes, parents, np.array(lon, dtype=float), np.array(lat, dtype=float))
    others = [one for one in every if one["row_no"] not in before and one["change_id"] is None]
    also = [one["row_no"] for one in others if _pair(one["twin"]) != found.get(one["row_no"])]
    return {n: found[n] for n in (*before, *also) if n in found}, also


def _pair(twin: Any) -> tuple[str, int] | None:
    return (twin[0], twin[1]) if twin else None
