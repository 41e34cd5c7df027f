"""Major hazards by GB 18218-2018 on their way through a proposal: judged with their chemicals, kept with their working when approved.

A proposal of a major hazard may carry `holdings` beside its values. Its payload then holds
    holdings    the lines as checked (core.holding); absent: the proposal says nothing of chemicals
    assessment  the working (core.working); None while a line is refused or there is none
    computed    field → value of hazard_grade and r_value, where nobody typed one: they lie under the values
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from riskmap.core import holding, working
from riskmap.core.actor import Actor
from riskmap.core.chemical import key
from riskmap.core.finding import Finding, finding
from riskmap.core.layer import Layer
from riskmap.errors import BadInput
from riskmap.flows.register import Desk, checked_one
from riskmap.store import hazards, journal
from riskmap.store.query import Conn

Lines = Sequence[Mapping[str, Any]]
COMPUTED = ("hazard_grade", "r_value")


@dataclass(frozen=True, slots=True)
class Assessed:
    """What the chemicals say: `payload` to be kept with the proposal, `computed` field → value, and what there is to tell."""

    payload: dict[str, Any]
    computed: dict[str, Any]
    findings: list[Finding]


NOTHING = Assessed({}, {}, [])


def takes_holdings(layer: Layer) -> bool:
    """Whether records of this layer are graded by their chemicals."""
    return layer.level is not None and layer.level.rule == "gb18218"


def assessed(
    conn: Conn, desk: Desk, layer: Layer, values: Mapping[str, Any], lines: Lines | None, before: Mapping[str, Any] | None
) -> Assessed:
    """What the chemicals say beside these values over the record in force. `lines` None: those on record, where the residents change.

    Raises BadInput for chemicals of a layer that has none.
    """
    if not takes_holdings(layer):
        if lines:
            raise BadInput("这类记录没有危险化学品 / records of this layer have no chemicals", where="holdings")
        return NOTHING
    given = lines
    if given is None:
        if before is None or "population_500m" not in values:
            return NOTHING
        given = [holding.of_record(h) for h in hazards.holdings(conn, before["id"])]
        if not given:
            return NOTHING
    found = holding.checked(given, desk.catalogue.standard)
    told = list(found.findings)
    work = None
    if found.holdings:
        work = worked(desk, found, residents(desk, layer, values, before))
        typed = {name: values[name] for name in COMPUTED if values.get(name) not in (None, "")}
        told += working.doubts(work, _read(desk, layer, typed))
    elif not found.kept:
        told.append(finding(0, "", "holdings", "", "holdings-empty", "warn",
                            "没有填写危险化学品，S、R 和级别没有计算 / no chemicals are given, nothing was computed",
                            "按设计最大量填写各种危险化学品 / give each with its design maximum"))  # fmt: skip
    fresh = {} if work is None else {k: v for k, v in working.computed(work).items() if values.get(k) in (None, "")}
    payload = {"assessment": work, "computed": fresh} | ({"holdings": found.kept} if lines is not None else {})
    return Assessed(payload, fresh, told)


def worked(desk: Desk, found: holding.Given, people: int | None) -> dict[str, Any]:
    """The working of checked lines."""
    assert found.holdings is not None
    return working.worked(found.kept, found.holdings, people, desk.catalogue.standard, desk.catalogue.editions)


def residents(desk: Desk, layer: Layer, values: Mapping[str, Any], before: Mapping[str, Any] | None) -> int | None:
    """Residents within 500 m as proposed, else as on record; None unknown."""
    if "population_500m" in values:
        return _read(desk, layer, {"population_500m": values["population_500m"]})["population_500m"]
    return before["attributes"].get("population_500m") if before else None


def lie_over(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a proposal with what was computed under those a person typed."""
    return under(payload["values"], payload.get("computed") or {})


def under(values: Mapping[str, Any], computed: Mapping[str, Any]) -> dict[str, Any]:
    """Typed values over computed ones; an emptied field takes the computed one."""
    return {**values, **{k: v for k, v in computed.items() if values.get(k) in (None, "")}}


def keep(conn: Conn, desk: Desk, layer: Layer, held: Mapping[str, Any], feature: int, actor: Actor, now: dt.datetime) -> None:
    """Under an approval: the chemicals into the ledger, old lines superseded or withdrawn, and the assessment beside them."""
    payload, steward = held["payload"], held["steward_org"]
    lines, work = payload.get("holdings"), payload.get("assessment")
    if lines is not None:
        put = _superseding(hazards.holdings(conn, feature), lines)
        if put:
            hazards.put_holdings(conn, feature, steward, held["id"], put, actor.id, now)
            journal.event(conn, "ledger.changed", layer.name, steward, {"ids": [feature], "ledger": "holding"})
            told = [{key: line[key] for key in ("chemical", "design_max_t", "supersedes", "withdrawn")} for line in put]
            journal.audit(conn, actor, "holding.put", layer=layer.name, object_id=feature, steward_org=steward,
                          after={"change": held["id"], "lines": told})  # fmt: skip
    if work is not None:
        id = hazards.put_assessment(conn, feature, steward, held["id"], work, actor.id, now)
        told = {key: work[key] for key in ("s", "is_major", "alpha", "r", "grade", "population_500m", "tables")}
        journal.audit(conn, actor, "hazard.assess", layer=layer.name, object_id=feature, steward_org=steward,
                      after={"change": held["id"], "assessment": id} | told)  # fmt: skip


def _superseding(old: Sequence[Mapping[str, Any]], lines: Lines) -> list[dict[str, Any]]:
    """Rows to append so that `lines` stand where `old` stood."""
    by_name = {key(h["chemical"]): h for h in old}
    put = []
    for line in lines:
        row = {"chemical": line["chemical"], "cas": line["cas"], "class_symbol": "、".join(line["symbols"]) or None, "quantity_t": line["on_site"],
               "design_max_t": line["design_max_t"], "amount": line["amount"], "unit": line["unit"], "density": line["density"],
               "share_percent": line["share"], "mixture": line["mixture"], "supersedes": None, "withdrawn": False}  # fmt: skip
        before = by_name.pop(key(line["chemical"]), None)
        if before is None:
            put.append(row)
        elif any(not _equal(before[key], row[key]) for key in row if key not in ("supersedes", "withdrawn")):
            put.append(row | {"supersedes": before["id"]})
    text = lambda value: str(value) if isinstance(value, Decimal) else value  # noqa: E731
    gone = [{key: text(h[key]) for key in hazards.LINE if key in h} | {"supersedes": h["id"], "withdrawn": True} for h in by_name.values()]
    return put + gone


def _equal(stored: Any, given: Any) -> bool:
    if stored is None or given is None or not isinstance(stored, Decimal):
        return stored == given
    return stored == Decimal(given)


def _read(desk: Desk, layer: Layer, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as the one door reads them; None where it refuses one."""
    if not values:
        return {}
    columns = checked_one(desk, layer, values, None).columns
    return {name: columns.get(name, [None])[0] for name in values}
