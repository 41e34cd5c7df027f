"""Staged imports: a batch, its planned rows, the commit of exactly that plan, the undo."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from riskmap.store.patience import be_patient
from riskmap.store.query import Conn, jsonb, row, rows, run, sql


@dataclass(frozen=True, slots=True)
class Planning:
    """What the plan is judged by. `parents` are parent layers in order; `probe` False when nothing is in force to compare with."""

    layer: str
    parents: Sequence[str]
    steward: int | None
    city: int
    probe: bool
    soft_m: float
    required: Sequence[str]
    texts: dict[str, dict[str, str]]


def open_batch(
    conn: Conn,
    *,
    layer: str,
    steward_org: int,
    actor: str,
    file_name: str,
    file_hash: str,
    crs: str,
    mapping: dict,
    options: dict,
    demo: bool = False,
    state: str = "reading",
) -> int:
    """A new batch; returns its id."""
    found = row(
        conn,
        "imports_open",
        layer=layer,
        steward_org=steward_org,
        actor=actor,
        file_name=file_name,
        file_hash=file_hash,
        crs=crs,
        mapping=jsonb(mapping),
        options=jsonb(options),
        demo=demo,
        state=state,
    )
    assert found is not None
    return found["id"]


def stage(conn: Conn, staged: Iterable[Sequence[Any]]) -> None:
    """COPY checked rows into the transaction's staging table (columns of sql/imports_copy.sql)."""
    conn.execute(sql("imports_stage"))
    with conn.cursor().copy(sql("imports_copy")) as copy:
        for line in staged:
            copy.write_row(line)
    conn.execute("ANALYZE staged")


def plan(conn: Conn, batch: int, by: Planning, findings: list[Any]) -> dict[str, Any]:
    """Judge every staged row; returns counts and plan_hash."""
    run(conn, "imports_meet", layer=by.layer, parents=list(by.parents))
    if by.probe:
        run(conn, "imports_beside", layer=by.layer, soft_m=by.soft_m)
    run(conn, "imports_plan", batch=batch, steward=by.steward, city=by.city, required=list(by.required), texts=jsonb(by.texts))
    run(conn, "imports_unstage")
    found = row(conn, "imports_seal", batch=batch, findings=jsonb(findings))
    assert found is not None
    return found


def reseal(conn: Conn, id: int, findings: list[Any]) -> dict[str, Any]:
    """Count the rows and take the hash anew after rows were mended or left; returns counts and plan_hash."""
    found = row(conn, "imports_seal", batch=id, findings=jsonb(findings))
    assert found is not None
    return found


def to_write(conn: Conn, id: int) -> tuple[int, int]:
    """How many records an approval creates and changes."""
    found = row(conn, "imports_to_write", batch=id)
    assert found is not None
    return found["created"], found["updated"]


def batch(conn: Conn, layer: str, id: int) -> dict[str, Any] | None:
    """One batch, or None where it is absent or not the reader's."""
    return row(conn, "imports_batch", layer=layer, batch=id)


def lock(conn: Conn, id: int) -> dict[str, Any] | None:
    """The batch, locked until the transaction ends, which may take as long as a batch takes."""
    be_patient(conn)
    return row(conn, "imports_lock", batch=id)


def planned(conn: Conn, id: int, outcomes: Sequence[str] | None, after: int, size: int) -> list[dict[str, Any]]:
    """Rows of the plan after row number `after`, at most `size`."""
    return rows(conn, "imports_rows", batch=id, outcome=list(outcomes) if outcomes else None, after=after, size=size)


def stale(conn: Conn, id: int, layer: str) -> list[dict[str, Any]]:
    """Rows whose record moved on, or whose code was taken, since the plan was made. Holds the records: none moves on after the answer."""
    run(conn, "imports_hold", batch=id)
    return rows(conn, "imports_moved", batch=id) + rows(conn, "imports_taken", batch=id, layer=layer)


def commit(
    conn: Conn,
    id: int,
    *,
    layer: str,
    prefix: str,
    outcomes: Sequence[str],
    hazard_layers: Sequence[str],
    demo: bool,
    actor: str,
    now: dt.datetime,
    change: int | None = None,
    split_from: int | None = None,
    checker: str | None = None,
) -> dict[str, int]:
    """Put the plan in force: new records, changes, what follows from them, and their history.

    `change`: the proposal it comes of; `split_from`: the record the new ones come of.
    """
    created = sum(
        run(
            conn,
            "imports_create",
            batch=id,
            layer=layer,
            prefix=prefix,
            coded=coded,
            outcomes=list(outcomes),
            split_from=split_from,
            hazard_layers=list(hazard_layers),
            demo=demo,
            now=now,
        )
        for coded in (True, False)
    )
    changed = run(conn, "imports_change", batch=id, layer=layer, hazard_layers=list(hazard_layers), now=now)
    if layer in hazard_layers:
        run(conn, "imports_follow", batch=id, hazard_layers=list(hazard_layers))
    run(conn, "features_history", batch=id, operation=None, actor=actor, change=change, now=now)
    counts = {"created": created, "updated": changed}
    run(conn, "imports_committed", batch=id, checker=checker, now=now, counts=jsonb(counts))
    return counts


def edited(conn: Conn, id: int) -> list[dict[str, Any]]:
    """Records of the batch that cannot be taken back, with why."""
    return rows(conn, "imports_edited", batch=id)


def undo(conn: Conn, id: int, actor: str, now: dt.datetime, hazard_layers: Sequence[str]) -> dict[str, int]:
    """Take the batch back: new records out of force, changed ones to their former state as a new version."""
    run(
        conn, "imports_undone", batch=id, actor=actor, now=now
    )  # first: who decides takes out of force only what an undone batch brought
    run(conn, "imports_undo_history", batch=id, actor=actor, now=now)
    removed = run(conn, "imports_undo_create", batch=id)
    restored = run(conn, "imports_undo_change", batch=id, now=now)
    run(conn, "imports_follow", batch=id, hazard_layers=list(hazard_layers))
    run(conn, "features_history", batch=id, operation="undo", actor=actor, change=None, now=now)
    return {"removed": removed, "restored": restored}
