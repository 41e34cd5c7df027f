"""First expired, first out: which lots an issue is taken from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Proposal:
    """`lines`: (lot, quantity). `short`: what is missing. `expired`: left where it is, out of date. `unknown`: taken from lots without a date."""

    lines: tuple[tuple[int, Decimal], ...]
    short: Decimal
    expired: Decimal
    unknown: Decimal


def taken(lots: Iterable[Mapping[str, Any]], quantity: Decimal) -> list[tuple[int, Decimal]]:
    """(lot, quantity) of each lot in the order given until `quantity` is reached; less where there is less."""
    out: list[tuple[int, Decimal]] = []
    for lot in lots:
        if quantity <= 0:
            break
        out.append((lot["id"], min(quantity, lot["quantity"])))
        quantity -= out[-1][1]
    return out


def propose(lots: Iterable[Mapping[str, Any]], quantity: Decimal, today: dt.date) -> Proposal:
    """Lots {id, quantity, expires_on} → a proposal. The nearest expiry first, lots of unknown expiry last, an expired lot never."""
    lots = [lot for lot in lots if lot["quantity"] > 0]
    fresh = [lot for lot in lots if lot["expires_on"] is None or lot["expires_on"] >= today]
    fresh.sort(key=lambda lot: (lot["expires_on"] is None, lot["expires_on"] or today, lot["id"]))
    lines = taken(fresh, quantity)
    undated = {lot["id"] for lot in fresh if lot["expires_on"] is None}
    short = max(quantity - sum((q for _, q in lines), Decimal(0)), Decimal(0))
    expired = sum((lot["quantity"] for lot in lots if lot not in fresh), Decimal(0))
    return Proposal(tuple(lines), short, expired, sum((q for id, q in lines if id in undated), Decimal(0)))


def totals(lots: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """By kind and unit: what is good, due, expired, and apart what has no date. Units are never added together."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for lot in lots:
        zero = {k: Decimal(0) for k in ("quantity", "good", "due", "expired", "unknown")}
        at = found.setdefault(
            (lot["supply_code"], lot["unit"]),
            {"supply_code": lot["supply_code"], "supply_name": lot["supply_name"], "unit": lot["unit"], "depots": lot["depots"]}
            | zero,
        )
        at["quantity"] += lot["quantity"]
        at[lot["expiry"]] += lot["quantity"]
    return [found[key] for key in sorted(found)]
