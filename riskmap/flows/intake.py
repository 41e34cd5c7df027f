"""A file's way in: read in the sandbox → table → checked rows → the doctor's look → a plan; and back with its faults."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from riskmap import readers, writers
from riskmap.core import doctor, duplicates
from riskmap.core.actor import Actor
from riskmap.core.feature import Checked, check
from riskmap.core.finding import Finding, finding
from riskmap.core.heading import vocabulary
from riskmap.core.layer import Layer
from riskmap.core.place import crs_name
from riskmap.core.table import Table, find
from riskmap.errors import BadFile, NotFound
from riskmap.flows import progress, register
from riskmap.flows.register import Desk, Source
from riskmap.readers import Limits
from riskmap.store import imports, journal, known
from riskmap.store.patience import be_patient
from riskmap.store.query import Conn

KEEP_S = 30 * 86_400  # an upload is kept this long, so that it can be given back marked
_SAMPLE = 5_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person says about a file. `crs` None: as the file declares, else WGS 84."""

    layer: str
    file_name: str
    crs: str | None = None
    district: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    tolerance_m: float = 100.0


def read(desk: Desk, path: Path, asked: Asked, limits: Limits) -> Table:
    """The file's table. Needs no database. Raises BadFile, TooLarge, NotFound (layer)."""
    layer = desk.catalogue.layer(asked.layer)
    progress.tell("parsing")
    found = readers.read(path, limits, lambda rows: progress.tell("parsing", rows))
    return find(found, vocabulary(layer), [h for h in asked.mapping if not h.startswith("=")])


def inspect(desk: Desk, table: Table, asked: Asked) -> Checked:
    """Every row checked against its layer. Needs no database; the coordinate doctor looks when the plan is made."""
    layer = desk.catalogue.layer(asked.layer)
    progress.tell("checking", total=table.n)
    crs, remarks = _crs(table, asked)
    checked = check(
        layer,
        desk.catalogue.codes,
        table.columns,
        gazetteer=desk.gazetteer,
        row_no=table.row_no.tolist(),
        crs=crs,
        mapping=asked.mapping,
        district=asked.district,
        tolerance_m=asked.tolerance_m,
    )
    checked.file_findings = [*table.remarks, *remarks, *checked.file_findings, *_same_places(checked)]
    return checked


def plan(conn: Conn, desk: Desk, path: Path, table: Table, checked: Checked, asked: Asked, actor: Actor) -> dict[str, Any]:
    """Plan the checked table; {id, state, counts, plan_hash, findings, mapping}. Nothing in force changes."""
    be_patient(conn)
    progress.tell("planning", total=checked.n)
    step = max(1, checked.n // _SAMPLE)
    codes, names = ([v for v in checked.columns[k][::step] if v is not None] for k in ("code", "name"))
    doctor.diagnose(checked, desk.gazetteer, known.places(conn, asked.layer, codes, names))
    where = {
        "sheet": table.sheet,
        "kind": table.kind,
        "heading_rows": list(table.heading_rows),
        "positions": table.positions,
        "crs": asked.crs,
        "district": asked.district,
        "given": dict(asked.mapping),
    }
    steward = None if actor.scope == "city" else actor.org  # a unit's file is of its own records
    source = Source(asked.file_name, digest(path), checked.crs, checked.headings, where, steward)
    cells = {h: table.columns[h] for h in checked.headings.values() if h in table.columns}
    made = register.plan(conn, desk, checked, source, actor, cells=cells)
    journal.audit(conn, actor, "import.plan", layer=asked.layer, object_id=made["id"], steward_org=steward,
                  after={"file": source.file_name, "sha256": source.file_hash, "rows": checked.n, "counts": made["counts"],
                         "plan_hash": made["plan_hash"]})  # fmt: skip
    return {
        "id": made["id"],
        "layer": asked.layer,
        "state": "planned",
        "file_name": asked.file_name,
        "rows": checked.n,
        "counts": made["counts"],
        "plan_hash": made["plan_hash"],
        "crs": checked.crs,
        "mapping": checked.headings,
        "unmapped": checked.unmapped,
        "findings": checked.file_findings,
    }


def _same_places(checked: Checked) -> list[Finding]:
    """How many rows repeat an earlier row's coordinates to the last digit, and how many more stand within a metre of one."""
    placed = np.flatnonzero(np.isfinite(checked.lon))
    identical = len(placed) - len(np.unique(np.column_stack([checked.lon[placed], checked.lat[placed]]), axis=0))
    near = int((duplicates.same_place(checked.lon, checked.lat) >= 0).sum()) - identical
    if identical + near <= 0:
        return []
    told = [f"{identical} 行坐标与前面的行完全相同 (same coordinates as an earlier row)"] if identical else []
    told += [f"{near} 行与前面的行相距不到 1 米 (within a metre of one)"] if near > 0 else []
    reason = "；".join(told)
    return [
        finding(
            0,
            checked.headings.get("lon", ""),
            "lon",
            "",
            "same-places",
            "warn",
            reason,
            "核对是否重复登记；计划中列为疑似重复",
            {"identical": identical, "within_1m": max(near, 0)},
        )
    ]


def _crs(table: Table, asked: Asked) -> tuple[str, list[Finding]]:
    """The person's word, else the file's, else WGS 84; told when they differ. BadFile for a declaration not understood."""
    declared = crs_name(table.crs) if table.crs else None
    if asked.crs:
        given = crs_name(asked.crs) or asked.crs
        if declared and declared != given and {declared, given} != {"wgs84", "cgcs2000"}:
            told = finding(
                0,
                "",
                "crs",
                declared,
                "crs-differs",
                "warn",
                f"文件声明坐标系 {declared}，按所选 {given} 读取 (the file declares another system)",
                "请确认所选坐标系",
            )
            return given, [told]
        return given, []
    if table.crs and declared is None:
        raise BadFile(
            f"不认识文件声明的坐标系 {table.crs[:60]} (the declared coordinate system is unknown)",
            where="crs",
            remedy="请在导入时指定坐标系：wgs84、cgcs2000、gcj02、bd09 或 EPSG:4548",
        )
    return declared or "wgs84", []


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep(uploads: Path, path: Path, now_s: float | None = None) -> None:
    """Keep a copy of an upload for as long as its marked workbook may be asked for; older ones go."""
    uploads.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = uploads / digest(path)
    if not target.exists():
        part = target.with_suffix(".part")
        part.write_bytes(path.read_bytes())
        part.replace(target)
    oldest = (now_s or time.time()) - KEEP_S
    for old in uploads.iterdir():
        if old.stat().st_mtime < oldest:
            old.unlink(missing_ok=True)


def returned(conn: Conn, desk: Desk, uploads: Path, layer: str, batch: int, limits: Limits, out: Path) -> str:
    """Write the batch's file to `out` with its bad cells coloured and a 原因 column; its name. Raises NotFound when it is gone."""
    held = imports.batch(conn, layer, batch)
    if held is None:
        raise NotFound("没有这个批次 / no such batch", where=str(batch))
    kept = uploads / held["file_hash"]
    if not kept.is_file():
        raise NotFound("上传的文件已不在保留期内 (the upload is no longer kept)", where=held["file_name"], remedy="请重新上传")
    marks = list(_marks(conn, desk.catalogue.layer(layer), batch))
    where = held["options"]
    if where["kind"] == "xlsx":
        positions = where["positions"]
        at = [m | {"column": positions.get(m["heading"])} for m in marks]
        readers.mark(kept, out, where["sheet"], at, limits, where["heading_rows"][-1])
    else:
        asked = Asked(layer, held["file_name"], mapping=where["given"])
        table = read(desk, kept, asked, limits)
        out.write_bytes(writers.returned(table.columns, table.row_no.tolist(), marks))
    return Path(held["file_name"]).stem + "-问题.xlsx"


def _marks(conn: Conn, layer: Layer, batch: int) -> Iterator[dict[str, Any]]:
    """Every cell to colour. The row's whole text stands with its first mark, the gravest finding of a cell colours it."""
    grave = {"refuse": 0, "warn": 1, "incomplete": 2}
    headings = {f.name: f.label.zh for f in layer.field}
    after = -1
    while rows := imports.planned(conn, batch, None, after, 2_000):
        after = rows[-1]["row_no"]
        for row in rows:
            told = sorted(row["findings"], key=lambda f: grave[f["severity"]])
            text = "；".join(
                f"{f['column'] or headings.get(f['field'], '')}：{f['reason']}。{f['remedy']}".lstrip("：") for f in told
            )
            for i, f in enumerate(told):
                yield {"row": row["row_no"], "heading": f["column"], "severity": f["severity"], "text": text if i == 0 else ""}
