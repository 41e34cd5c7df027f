"""What people need, what may be taken for them from which depot, and what is short: by decimals, exact to the piece.

A depot never goes under its minimum reserve, an expired lot is never taken, a lot whose expiry is not known is taken only of what does not
perish, and what other incidents were promised is not promised twice. Units that nobody said how to convert are told, never counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from riskmap.core.fefo import taken

ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Norm:
    """So much of `unit` a person: a day or once. `whom`: all, or those in the open (outdoor). `supplies`: the GB/T 38565 kinds that meet it."""

    code: str
    zh: str
    en: str
    unit: str
    per_person: Decimal
    daily: bool
    perishable: bool
    outdoor: bool
    supplies: tuple[str, ...]
    source: str


def norms(rows: Iterable[Mapping[str, str]]) -> tuple[Norm, ...]:
    return tuple(
        Norm(r["code"], r["zh"], r["en"], r["unit"], Decimal(r["per_person"]), r["per"] == "day", r["perishable"] == "yes", r["whom"] == "outdoor",
             tuple(r["supplies"].split(";")), f"{r['source']} {r['status']}".strip())
        for r in rows)  # fmt: skip


def packs(rows: Iterable[Mapping[str, str]]) -> dict[tuple[str, str], tuple[Decimal, str]]:
    """(supply code, unit of the ledger) → how much of which unit it holds."""
    return {(r["parent"], r["unit"]): (Decimal(r["holds"]), r["holds_unit"]) for r in rows}


def need(norm: Norm, people: int, days: int) -> Decimal:
    """Whole pieces of the norm's unit."""
    return (norm.per_person * people * (days if norm.daily else 1)).quantize(ONE, ROUND_CEILING)


@dataclass(slots=True)
class Share:
    """What one depot gives to one need: `pieces` of the ledger's own unit out of `lots` (lot, pieces), worth `worth` of the norm's unit."""

    depot: int
    supply_code: str
    unit: str
    pieces: Decimal
    worth: Decimal
    lots: list[tuple[int, Decimal]] = field(default_factory=list)


@dataclass(slots=True)
class Met:
    """One norm: shortage = need − allocated, exactly. `could`: depots further up and off that could fill it, nearest first, (depot, worth).
    `unknown`: kinds in units that cannot be converted."""

    norm: Norm
    need: Decimal
    allocated: Decimal
    shortage: Decimal
    shares: list[Share]
    could: list[tuple[int, Decimal]]
    unknown: list[tuple[str, str]]


def available(lots: Sequence[Mapping[str, Any]], today: dt.date, perishable: bool) -> tuple[Decimal, list[Mapping[str, Any]]]:
    """(pieces that may go, the lots they are in, first expired first) of one kind in one depot.

    lots: {id, quantity, expires_on, minimum, promised}; minimum and promised are the kind's in that depot. The reserve stays in good lots:
    an expired one is no reserve.
    """
    good = [
        lot
        for lot in lots
        if lot["quantity"] > 0 and (lot["expires_on"] >= today if lot["expires_on"] is not None else not perishable)
    ]
    good.sort(key=lambda lot: (lot["expires_on"] is None, lot["expires_on"] or today, lot["id"]))
    held = sum((lot["quantity"] for lot in good), Decimal(0))
    bound = max((lot["minimum"] or Decimal(0) for lot in lots), default=Decimal(0)) + max(
        (lot["promised"] or Decimal(0) for lot in lots), default=Decimal(0)
    )
    return max(Decimal(0), (held - bound).quantize(ONE, ROUND_FLOOR)), good


def allocate(norm: Norm, wanted: Decimal, stock: Mapping[tuple[int, str, str], Sequence[Mapping[str, Any]]], near: Sequence[int], far: Sequence[int],
             pack: Mapping[tuple[str, str], tuple[Decimal, str]], today: dt.date) -> Met:  # fmt: skip
    """Take from `near` depots in that order; what is then missing is the shortage, and `far` ones say what they could give.

    stock: (depot, supply code, unit) → lots.
    """
    left, shares, could, strange = wanted, [], [], set()
    kinds: dict[int, list[tuple[str, str]]] = {}
    for depot, code, unit in stock:
        if code in norm.supplies:
            kinds.setdefault(depot, []).append((code, unit))
    for depot in [*near, *far]:
        worth_here = Decimal(0)
        for code, unit in sorted(kinds.get(depot, ())):
            per = ONE if unit == norm.unit else pack[(code, unit)][0] if pack.get((code, unit), (0, ""))[1] == norm.unit else None
            if per is None:
                strange.add((code, unit))
                continue
            may, lots = available(stock[(depot, code, unit)], today, norm.perishable)
            if depot in far:
                worth_here += may * per
                continue
            pieces = min(may, (left / per).quantize(ONE, ROUND_CEILING))
            if pieces > 0:
                share = Share(depot, code, unit, pieces, min(left, pieces * per), taken(lots, pieces))
                shares.append(share)
                left -= share.worth
        if depot in far and worth_here > 0:
            could.append((depot, worth_here))
    return Met(norm, wanted, wanted - left, left, shares, could if left > 0 else [], sorted(strange))

