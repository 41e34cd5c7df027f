"""A file's way into a ledger: read in the sandbox → checked rows → postings → written, announced and audited, once.

    table = read(catalogue, ledger, path, mapping, limits)
    answer = bring(conn, at, ledger, table, source, actor, now)      # the caller's transaction

Nothing is written when a row is refused, unless `partial`. A dry run does everything and takes it back, so that what the
database itself would refuse shows as well.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from riskmap import readers
from riskmap.catalogue import Catalogue
from riskmap.core import chemical, posting
from riskmap.core.actor import Actor
from riskmap.core.finding import Finding, finding
from riskmap.core.ledger import Rows, check
from riskmap.core.posting import Postings
from riskmap.core.table import Table, find
from riskmap.errors import BadInput
from riskmap.flows import progress
from riskmap.flows.survey import beijing_day
from riskmap.readers import Limits
from riskmap.store import imports, journal, postings
from riskmap.store.query import Conn


@dataclass(frozen=True, slots=True)
class Source:
    """What a person says about a file, and the file's SHA-256."""

    file_name: str
    file_hash: str
    mapping: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Shelf:
    """What every ledger import needs at hand: the catalogue and the tables of GB 18218."""

    catalogue: Catalogue
    standard: chemical.Tables


def read(catalogue: Catalogue, name: str, path: Path, mapping: Mapping[str, str], limits: Limits) -> Table:
    """The file's table. Needs no database. Raises BadFile, TooLarge, NotFound (ledger)."""
    given = [h for h in mapping if not h.startswith("=")]
    found = readers.read(path, limits, lambda rows: progress.tell("parsing", rows))
    return find(found, catalogue.ledger(name).vocabulary(), given)


def bring(conn: Conn, shelf: Shelf, name: str, table: Table, source: Source, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Put a table into its ledger. The answer's `state`: committed, planned (dry run) or refused; `repeated`: went in before.

    {id, ledger, layer, state, repeated, rows, counts, refused: [finding], findings, mapping, unmapped, assessments}
    Raises BadInput for a required column that is missing or a mapping that names what does not exist.
    """
    ledger = shelf.catalogue.ledger(name)
    place = f"{ledger.layer}.{ledger.name}"
    answer: dict[str, Any] = {"id": None, "ledger": name, "layer": ledger.layer, "file_name": source.file_name, "repeated": False}
    postings.take_turn(conn, place)
    if before := postings.imported(conn, place, source.file_hash):
        told = _remark("already-imported", f"这个文件已于批次 {before['id']} 登记 (already imported)", "无需再次导入", source.file_name)
        same = {"id": before["id"], "state": "committed", "repeated": True, "rows": table.n, "counts": before["counts"]}
        return answer | same | {"refused": [], "findings": [told], "mapping": {}, "unmapped": [], "assessments": []}
    rows = check(ledger, shelf.catalogue.codes, table.columns, table.row_no.tolist(), source.mapping)
    posted = _judged(conn, shelf, rows, actor, beijing_day(now))
    counts = posted.counts(rows)
    answer |= {"rows": rows.n, "counts": counts, "mapping": rows.headings, "unmapped": rows.unmapped, "assessments": []}
    refused = sorted((f for f in rows.findings if f["severity"] == "refuse"), key=lambda f: f["row"])
    said = [*table.remarks, *rows.file_findings, *(f for f in rows.findings if f["severity"] != "refuse")]
    answer |= {"refused": refused, "findings": said, "state": "planned" if source.dry_run else "refused"}
    if (rows.refused and not source.partial and not source.dry_run) or len(rows.refused) == rows.n:
        return answer
    with conn.transaction(force_rollback=source.dry_run):
        batch = _write(conn, shelf, rows, posted, source, actor, now, answer)
    return answer | ({"state": "planned"} if source.dry_run else {"state": "committed", "id": batch})


def stored(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer, or BadInput with every finding when rows were refused and nothing was stored."""
    if answer["state"] == "refused":
        raise BadInput(
            f"{answer['counts'].get('refused', 0)} 行不合要求，全部未登记 / rows are not taken, nothing was stored",
            where="、".join(dict.fromkeys(f["column"] for f in answer["refused"])),
            remedy="改正后重新上传，或只登记合格的行 (partial) / mend them, or take the sound rows only",
            findings=answer["refused"],
            counts=answer["counts"],
        )
    return answer


def _judged(conn: Conn, shelf: Shelf, rows: Rows, actor: Actor, today: dt.date) -> Postings:
    """Each row against its record and against what the ledger holds of it."""
    ledger = rows.ledger
    codes = sorted({c for c in rows.columns[ledger.record] if c is not None})
    met = posting.attach(rows, postings.records(conn, ledger.layer, codes, actor))
    ids = sorted({record["id"] for record in met.values()})
    match ledger.name:
        case "stock":
            names = {o.code: o.zh for o in shelf.catalogue.options(ledger.fields()["supply_code"])}
            return posting.stock(rows, met, postings.lots(conn, ids), names)
        case "holding":
            return posting.holding(rows, met, postings.substances(conn, ids))
        case "hidden_danger":
            named = sorted({c for c in rows.columns["danger_code"] if c is not None})
            return posting.hidden_danger(rows, met, postings.dangers(conn, named), today)


def _write(
    conn: Conn, shelf: Shelf, rows: Rows, posted: Postings, source: Source, actor: Actor, now: dt.datetime, answer: dict[str, Any]
) -> int:
    """Write the postings with their batch, event and audit row. Returns the batch; what the standard computes goes into `answer`."""
    ledger = rows.ledger
    place = f"{ledger.layer}.{ledger.name}"
    batch = imports.open_batch(
        conn,
        layer=place,
        steward_org=actor.org,
        actor=actor.id,
        file_name=source.file_name,
        file_hash=source.file_hash,
        crs="none",
        mapping=rows.headings,
        options={"ledger": ledger.name, "partial": source.partial},
    )
    put = [p for _, p in sorted([*posted.new, *posted.changed], key=lambda one: one[0])]
    write = {"stock": postings.post_lots, "holding": postings.post_holdings, "hidden_danger": postings.post_dangers}[ledger.name]
    if put:
        write(conn, put, batch, actor.id, now)
    if ledger.name == "holding":
        answer["assessments"], told = _assessed(conn, shelf, rows, actor)
        answer["findings"] = [*answer["findings"], *told]
    postings.close(conn, batch, answer["counts"], [*answer["refused"], *answer["findings"]], now)
    for steward in sorted({p["steward_org"] for p in put}):  # each organisation follows its own events
        ids = sorted({p["feature_id"] for p in put if p["steward_org"] == steward})
        journal.event(conn, "ledger.changed", ledger.layer, steward, {"ids": ids, "ledger": ledger.name, "import": batch})
    after = {"ledger": ledger.name, "file_hash": source.file_hash} | answer["counts"]
    journal.audit(conn, actor, "ledger.import", layer=ledger.layer, object_id=batch, steward_org=actor.org, after=after)
    return batch


def _assessed(conn: Conn, shelf: Shelf, rows: Rows, actor: Actor) -> tuple[list[dict[str, Any]], list[Finding]]:
    """GB 18218 by the holdings as they now stand, beside the registered grade. Told, never written into the record."""
    column = rows.columns[rows.ledger.record]
    first = {column[i]: i for i in reversed(rows.standing())}
    found = [one for met in postings.records(conn, rows.ledger.layer, sorted(first), actor).values() for one in met]
    held: dict[int, list[dict[str, Any]]] = {}
    for h in postings.substances(conn, [one["id"] for one in found]):
        held.setdefault(h["feature_id"], []).append(h)
    out, told = [], []
    for record in found:
        one = _assessment(record, held.get(record["id"], []), shelf.standard)
        out.append(one)
        if said := _said(one):
            at = first[record["code"]]
            heading = rows.headings[rows.ledger.record]
            told.append(finding(rows.row_no[at], heading, rows.ledger.record, record["code"], said[0], "warn", said[1], said[2]))
    return out, told


def _assessment(record: Mapping[str, Any], held: Sequence[Mapping[str, Any]], standard: chemical.Tables) -> dict[str, Any]:
    """{code, s, r, grade, is_major, registered, unknown}: figures are decimal text, None while something is unknown."""
    given = [
        chemical.Holding(h["chemical"], h["design_max_t"], h["cas"], tuple(h["class_symbol"].split("、")) if h["class_symbol"] else (),
                         h["mixture"] == "own_class")  # fmt: skip
        for h in held
    ]
    out: dict[str, Any] = {"code": record["code"], "registered": record["hazard_grade"], "s": None, "r": None, "grade": None}
    try:
        done = chemical.assess(given, record["population_500m"], standard)
    except BadInput as fault:
        return out | {"is_major": None, "unknown": [fault.title]}
    figures = {"s": f"{done.s:f}", "r": None if done.r is None else f"{done.r:f}"}
    return out | figures | {"grade": done.grade, "is_major": done.is_major, "unknown": list(done.unknown)}


def _said(one: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """(code, reason, remedy) where the computed grade is not the registered one or cannot be computed."""
    registered = one["registered"] or "未登记"
    if one["unknown"]:
        reason = "按 GB 18218-2018 还算不出级别：" + "；".join(one["unknown"]) + " (the grade cannot be computed yet)"
        return "gb18218-unknown", reason, "补齐后重新导入；登记级别不变"
    if not one["is_major"]:
        reason = f"按 GB 18218-2018 S = {one['s']} < 1，不构成重大危险源；登记为{registered} (below the critical quantity)"
        return "gb18218-differs", reason, "核对设计最大量；登记级别不会自动改动"
    if one["grade"] != one["registered"]:
        reason = f"按 GB 18218-2018 R = {one['r']}，应为{one['grade']}；登记为{registered} (the computed grade differs)"
        return "gb18218-differs", reason, "核对后修改该记录的级别；不会自动改动"
    return None


def _remark(code: str, reason: str, remedy: str, value: str) -> Finding:
    return finding(0, "", "", value, code, "warn", reason, remedy)
