"""Ledger imports: what the ledgers hold of the rows' records, and the writing of postings by record id.

Rows are dicts as core.posting gives them: declared fields, feature_id, steward_org.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from riskmap.core.actor import Actor
from riskmap.store.query import Conn, jsonb, row, rows, run

LOT = ("feature_id", "steward_org", "supply_code", "supply_name", "unit", "batch_no", "location", "expires_on", "minimum_reserve")
SUBSTANCE = ("feature_id", "steward_org", "chemical", "cas", "class_symbol", "quantity_t", "design_max_t", "supersedes")
DANGER = ("feature_id", "steward_org", "danger_code", "title", "grade", "found_on")
STATE = ("danger_id", "steward_org", "state", "deadline_on", "person", "note", "happened_on")


def take_turn(conn: Conn, ledger: str) -> None:
    """One import of a ledger at a time."""
    row(conn, "postings_turn", ledger=ledger)


def imported(conn: Conn, layer: str, file_hash: str) -> dict[str, Any] | None:
    """id, counts, committed_at of the batch by which this very file went in. `layer`: layer.ledger."""
    return row(conn, "postings_imported", layer=layer, file_hash=file_hash)


def records(conn: Conn, layer: str, codes: Sequence[str], actor: Actor) -> dict[str, list[dict[str, Any]]]:
    """code → records of that code on which the actor may write."""
    found: dict[str, list[dict[str, Any]]] = {}
    orgs = list(actor.orgs or (actor.org,))
    for one in rows(conn, "postings_records", layer=layer, codes=list(codes), orgs=orgs, city=actor.scope == "city"):
        found.setdefault(one["code"], []).append(one)
    return found


def lots(conn: Conn, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Lots in these depots, with what is there now."""
    return rows(conn, "postings_lots", ids=list(ids))


def substances(conn: Conn, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Chemicals that stand on record at these major hazards."""
    return rows(conn, "postings_substances", ids=list(ids))


def dangers(conn: Conn, codes: Sequence[str]) -> list[dict[str, Any]]:
    """Hidden dangers under these codes, with their state now."""
    return rows(conn, "postings_known_dangers", codes=list(codes))


def post_lots(conn: Conn, posted: Sequence[dict[str, Any]], batch: int, actor: str, now: dt.datetime) -> None:
    """Lots, each with its receipt; a lot of nothing has none."""
    ids = sorted(r["id"] for r in rows(conn, "postings_post_lots", batch=batch, actor=actor, now=now, **_table(posted, LOT)))
    moved = [(i, p["quantity"]) for i, p in zip(ids, posted, strict=True) if p["quantity"]]
    run(conn, "ledgers_receipts", stock_id=[i for i, _ in moved], quantity=[q for _, q in moved], actor=actor, now=now)


def post_holdings(conn: Conn, posted: Sequence[dict[str, Any]], batch: int, actor: str, now: dt.datetime) -> None:
    """Chemicals, new or superseding."""
    run(conn, "postings_post_holdings", batch=batch, actor=actor, now=now, **_table(posted, SUBSTANCE))


def post_dangers(conn: Conn, posted: Sequence[dict[str, Any]], batch: int, actor: str, now: dt.datetime) -> None:
    """New hidden dangers with their first state, and further states of those that have a danger_id."""
    new = [p for p in posted if p["danger_id"] is None]
    ids = sorted(r["id"] for r in rows(conn, "postings_post_dangers", batch=batch, actor=actor, now=now, **_table(new, DANGER)))
    states = [p | {"danger_id": i} for i, p in zip(ids, new, strict=True)] + [p for p in posted if p["danger_id"] is not None]
    run(conn, "postings_post_states", actor=actor, now=now, **_table(states, STATE))


def close(conn: Conn, batch: int, counts: dict[str, int], findings: Sequence[Any], now: dt.datetime) -> None:
    """The batch is on record."""
    run(conn, "postings_close", batch=batch, counts=jsonb(counts), findings=jsonb(list(findings)), now=now)


def _table(posted: Sequence[dict[str, Any]], names: Sequence[str]) -> dict[str, list[Any]]:
    return {name: [p[name] for p in posted] for name in names}
