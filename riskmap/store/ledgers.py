"""Whole ledgers brought in at once: holdings, hidden dangers, stock, population, marked history.

A table is columns by name, as long as each other, with the names of the statement's `in:` line. Each function is one statement
a table and returns rows stored; what names a record that is not there is left out, so callers compare.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from riskmap.errors import NotFound
from riskmap.store.query import Conn, row, rows, run

Table = Mapping[str, Sequence[Any]]
CLOSING = ("district_code", "closed_on", "d_micro", "t_micro", "computed", "shown", "predecessor")


def bring_holdings(conn: Conn, layer: str, table: Table, actor: str, now: dt.datetime) -> int:
    """Chemicals of major hazards."""
    return run(conn, "ledgers_holdings", layer=layer, actor=actor, now=now, **table)


def bring_dangers(conn: Conn, layer: str, table: Table, actor: str, now: dt.datetime, demo: bool = False) -> int:
    """Hidden dangers of risk sources. Their states come with `bring_danger_events`."""
    return run(conn, "ledgers_dangers", layer=layer, actor=actor, now=now, demo=demo, **table)


def bring_danger_events(conn: Conn, table: Table, actor: str, now: dt.datetime) -> int:
    """Events of hidden dangers, in the order in which they happened."""
    return run(conn, "ledgers_danger_events", actor=actor, now=now, **table)


def bring_stock(conn: Conn, layer: str, table: Table, actor: str, now: dt.datetime, demo: bool = False) -> int:
    """Lots of supplies in depots, each with its receipt of `quantity`. Raises NotFound when a depot is not there."""
    lots = {name: column for name, column in table.items() if name != "quantity"}
    ids = sorted(r["id"] for r in rows(conn, "ledgers_stock", layer=layer, actor=actor, now=now, demo=demo, **lots))
    if len(ids) != len(table["quantity"]):
        raise NotFound("有储备库编号未登记 (a depot is not registered)", where=layer, remedy="先登记储备库 register them first")
    return run(conn, "ledgers_receipts", stock_id=ids, quantity=table["quantity"], actor=actor, now=now)


def bring_population(conn: Conn, table: Table, name: str, source: str, valid_on: dt.date, now: dt.datetime,
                     demo: bool = False) -> int:
    """A population grid as a new dataset, in the engine's session."""
    found = row(conn, "ledgers_dataset", kind="population", name=name, source=source, valid_on=valid_on, demo=demo, now=now)
    assert found is not None
    return run(conn, "ledgers_population", dataset=found["id"], **table)


def standings(conn: Conn) -> list[dict[str, Any]]:
    """district_code, d_micro, t_micro as graded now."""
    return rows(conn, "ledgers_standings")


def bring_closings(conn: Conn, closings: Sequence[Mapping[str, Any]], now: dt.datetime) -> int:
    """Marked history, in the engine's session; rows as core.demo.history.closings gives them."""
    return run(conn, "ledgers_closings", now=now, **{key: [c[key] for c in closings] for key in CLOSING})
