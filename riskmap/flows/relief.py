"""Relief of an incident: what its people need and which depots give it, and which teams come."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import shapely

from riskmap.core.response import supply, team
from riskmap.core.response.area import Area
from riskmap.core.response.travel import STRAIGHT, Ways, travel
from riskmap.flows.register import Desk
from riskmap.flows.survey import beijing_day
from riskmap.store import incidents
from riskmap.store.query import Conn


def base(r: Mapping[str, Any]) -> dict[str, Any]:
    return {k: r[k] for k in ("id", "layer", "code", "name", "lon", "lat", "district_code", "steward_org")}


def supplies(
    conn: Conn, desk: Desk, zone: Area, people: int, outdoor: int, days: int, beside: int | None, now: dt.datetime,
    to: Mapping[str, Any], ways: Ways = STRAIGHT,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(needs with what is taken and what is short, the depots in them). `to`: where it is wanted, {kind, lon, lat}; the soonest there give first."""
    tables = desk.catalogue.response
    depots = {
        r["id"]: base(r) | {"level": r["attributes"].get("depot_level")}
        for r in incidents.places(conn, desk.catalogue.with_role("depot"))
        if r["lon"] is not None
    }
    if not depots:
        return [], []
    lons, lats = (np.array([d[k] for d in depots.values()], dtype=np.float64) for k in ("lon", "lat"))
    way = travel(lons, lats, np.array([to["lon"]]), np.array([to["lat"]]), "drive", ways=ways, inside="to" if to["kind"] == "incident" else None)
    seconds = np.where(np.isnan(way.seconds[:, 0]), np.inf, way.seconds[:, 0])
    for d, s, m in zip(depots.values(), seconds.tolist(), way.metres[:, 0].tolist(), strict=True):
        d |= {"seconds": round(s) if np.isfinite(s) else None, "distance_m": round(m) if np.isfinite(s) else None}
    shut = {id for id, yes in zip(depots, (zone.inside(lons, lats) | zone.downwind(lons, lats)).tolist(), strict=True) if yes}
    if np.isfinite(seconds).any():  # where nobody gets there at all, what lies where is told all the same
        shut |= {id for id, s in zip(depots, seconds.tolist(), strict=True) if not np.isfinite(s)}
    order = [id for _, id in sorted(zip(seconds.tolist(), depots, strict=True)) if id not in shut]
    met = {d.code for d in desk.gazetteer.districts if d.shape is not None and shapely.intersects(d.shape, zone.shape)}
    near = [id for id in order if depots[id]["district_code"] in met and depots[id]["level"] != "city"]
    beyond = [id for id in order if id not in set(near)]
    beyond.sort(key=lambda id: depots[id]["level"] != "city")  # one level up first, then the neighbours
    held = incidents.reserved(conn, beside)
    stock: dict[tuple[int, str, str], list[dict[str, Any]]] = {}
    for lot in incidents.stock(conn, sorted({c for n in tables.norms for c in n.supplies})):
        stock.setdefault((lot["depot"], lot["supply_code"], lot["unit"]), []).append(
            lot | {"promised": held.get((lot["depot"], "stock", lot["supply_code"]), Decimal(0))}
        )
    out, used = [], set()
    for norm in tables.norms:
        m = supply.allocate(
            norm,
            supply.need(norm, outdoor if norm.outdoor else people, days),
            stock,
            near,
            beyond,
            tables.packs,
            beijing_day(now),
        )
        used |= {x.depot for x in m.shares} | {d for d, _ in m.could[:3]}
        out.append(
            {
                "code": norm.code,
                "zh": norm.zh,
                "en": norm.en,
                "unit": norm.unit,
                "source": norm.source,
                "per_person": norm.per_person,
                "daily": norm.daily,
                "outdoor": norm.outdoor,
                "need": m.need,
                "allocated": m.allocated,
                "shortage": m.shortage,
                "unknown": [list(u) for u in m.unknown],
                "shares": [
                    {
                        "depot": x.depot,
                        "supply_code": x.supply_code,
                        "unit": x.unit,
                        "pieces": x.pieces,
                        "worth": x.worth,
                        "lots": [list(v) for v in x.lots],
                    }
                    for x in m.shares
                ],
                "could": [{"depot": d, "worth": w} for d, w in m.could[:3]],
            }
        )
    return out, [depots[id] for id in order if id in used]


def teams(conn: Conn, desk: Desk, zone: Area, kind: str, ways: Ways = STRAIGHT) -> tuple[list[dict[str, Any]], list[str]]:
    wanted = desk.catalogue.response.kinds.get(kind, {}).get("teams", "").split(";")
    rows = [
        base(r)
        | {
            "kind": r["attributes"].get("team_kind"),
            "members": r["attributes"].get("members"),
            "duty_24h": r["attributes"].get("duty_24h"),
            "equipment": r["attributes"].get("equipment"),
        }
        for r in incidents.places(conn, desk.catalogue.with_role("team"))
    ]
    return team.called(rows, [k for k in wanted if k], zone, ways=ways)
