"""三张清单: the rows of a list under its filter, as a page and as what leaves the product.

Risks come of the one filter of map and list (core/filter.py), hidden dangers of the one of /dangers, so their counts agree with both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from riskmap.core.actor import Actor
from riskmap.core.filter import Filter, sort_of
from riskmap.core.layer import Layer
from riskmap.core.mask import Mask, unmasked, veil
from riskmap.flows.finding import seen
from riskmap.flows.register import Desk
from riskmap.store import dangers, enterprises, features, findings, lists
from riskmap.store.query import Conn

LISTS = ("districts", "enterprises", "risks", "dangers", "violations", "inspections")
RISK, FIRM = "risk_source", "enterprise"
NOBODY = (-1,)  # ids of an enterprise that has none


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a list. `district` '-' is the one that is not known; `level` 0 is without a level; `enterprise` an id."""

    district: str = ""
    enterprise: int | None = None
    q: str = ""
    level: tuple[int, ...] | None = None
    state: str = "open"

    def districts(self) -> list[str] | None:
        return None if not self.district else ["" if self.district == "-" else self.district]


@dataclass(frozen=True, slots=True)
class Page:
    """`rows` as the reader sees them; `count` of all that is asked for, None where it is not counted; `cursor` to the next."""

    rows: Sequence[Mapping[str, Any]]
    count: int | None
    cursor: str | None = None


def page(conn: Conn, desk: Desk, name: str, asked: Asked, actor: Actor, today: dt.date, limit: int, cursor: str = "") -> Page:
    """A page of one of LISTS."""
    layer = desk.catalogue.layer(FIRM)
    match name:
        case "districts":
            rows = lists.districts(conn, [RISK], today)
            return Page(rows, len(rows))
        case "enterprises":
            rows = lists.enterprises(conn, [RISK], FIRM, today, limit, asked.districts(), asked.q)
            return Page(rows, rows[0]["n"] if rows else 0)
        case "risks":
            return _risks(conn, desk.catalogue.layer(RISK), asked, actor, today, limit, cursor)
        case "dangers":
            return _dangers(conn, desk.catalogue.layer(RISK), asked, actor, today, limit, cursor)
    what: findings.Kind = "violation" if name == "violations" else "inspection"
    where = findings.Asked(districts=asked.districts(), enterprise=asked.enterprise, q=asked.q or None)
    after = None
    if cursor:
        on, id = cursor.split("_")
        after = (dt.date.fromisoformat(on), int(id))
    rows = findings.page(conn, what, where, limit + 1, after)
    more = len(rows) > limit
    rows = seen(rows[:limit], layer, actor)
    return Page(rows, None, f"{rows[-1]['day']}_{rows[-1]['id']}" if more else None)


def risk_filter(conn: Conn, asked: Asked, today: dt.date) -> Filter:
    """The filter of map and list that says the same."""
    ids = None
    if asked.enterprise is not None:
        ids = tuple(one["id"] for one in enterprises.records(conn, asked.enterprise, today) if one["layer"] == RISK) or NOBODY
    return Filter(RISK, q=asked.q, district=(asked.district,) if asked.district and asked.district != "-" else None, level=asked.level, ids=ids)


def danger_filter(asked: Asked) -> dangers.Asked:
    """The filter of /dangers that says the same."""
    open_ = ["registered", "listed", "rectifying", "rectified"]
    states = {"open": open_, "closed": ["closed"], "overdue": open_}.get(asked.state)
    return dangers.Asked(states, districts=asked.districts(), late=True if asked.state == "overdue" else None, enterprise=asked.enterprise,
                         q=asked.q or None)  # fmt: skip


def _risks(conn: Conn, layer: Layer, asked: Asked, actor: Actor, today: dt.date, limit: int, cursor: str) -> Page:
    where = risk_filter(conn, asked, today)
    fields = [f.name for f in layer.field]
    if asked.district == "-":  # the filter of the map has no word for it: counted as the map counts it
        unplaced = [f for f in _every(conn, where, fields, today, Mask(actor, layer)) if f["properties"]["district"] is None]
        return Page([_risk(f) for f in unplaced[:limit]], len(unplaced))
    found = features.page(conn, where, sort_of("effective_level"), limit, cursor or None, fields, today, facts=True, mask=Mask(actor, layer))
    return Page([_risk(f) for f in found.features], features.count(conn, where, today), found.cursor)


def _every(conn: Conn, where: Filter, fields: list[str], today: dt.date, mask: Mask) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        found = features.page(conn, where, sort_of("district"), 1000, cursor, fields, today, facts=True, mask=mask)
        out += found.features
        if found.cursor is None or (found.features and found.features[-1]["properties"]["district"] is not None):
            return out
        cursor = found.cursor


def _risk(feature: Mapping[str, Any]) -> dict[str, Any]:
    lon, lat = (feature["geometry"] or {"coordinates": (None, None)})["coordinates"]
    return {"id": feature["id"], "lon": lon, "lat": lat} | feature["properties"]


def _dangers(conn: Conn, layer: Layer, asked: Asked, actor: Actor, today: dt.date, limit: int, cursor: str) -> Page:
    where = danger_filter(asked)
    after = None
    if cursor:
        ended, on, id = cursor.split("_")
        after = (ended == "1", on, int(id))
    rows = dangers.page(conn, where, today, limit + 1, after)
    more = len(rows) > limit
    rows = rows[:limit]
    for one in rows:
        if not unmasked(actor, layer, one["steward_org"]):
            one["person"] = veil(one["person"], "person")
    last = rows[-1] if more else None
    # a count of all: the figures of /dangers are taken from the same rows
    return Page(rows, len(dangers.facts(conn, where, today)), last and f"{int(last['ended'])}_{last['due_on']}_{last['id']}")
