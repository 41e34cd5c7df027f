"""The arithmetic behind a colour (定级说明卡), for a district or a cell; plain numbers, no names."""

from __future__ import annotations

from typing import Any

import numpy as np

from riskmap.core.grading import contribution, coping, risk
from riskmap.core.grading.contribution import Target
from riskmap.core.grading.district import Computed, fresh
from riskmap.core.grading.engine import Engine
from riskmap.core.grading.inputs import NEVER
from riskmap.core.grading.method import MICRO, Method


def parts(engine: Engine, target: Target) -> dict[str, Any]:
    """Means of h, e, k by residents; their product and what remains to D because they vary together between cells."""
    total = float(target.people.sum())
    if not total:
        return {"h": None, "e": None, "k": None, "product": None, "remainder": None, "coping": None}
    at, people, c, m = target.at, target.people.astype(np.float64), engine.cells, engine.method
    mean = lambda v: float((v * people).sum() / total)  # noqa: E731
    h = mean(risk.hazard_part(c.hazard[at], m))
    e = mean(risk.exposure_part(engine.exposed(at), engine.ground.area_m2[at], m))
    k = mean(risk.coping_part(c.coping[at]))
    product = 100 * h * (m.exposure_floor + (1 - m.exposure_floor) * e) * (1 - m.coping_share * k)
    return {"h": h, "e": e, "k": k, "product": product, "remainder": mean(c.risk[at] / MICRO) - product,
            "density_km2": mean(engine.exposed(at) * 1000.0 / engine.ground.area_m2[at]), "coping": coping_parts(engine, target)}


def coping_parts(engine: Engine, target: Target) -> dict[str, float]:
    """Means of shelter, rescue and reserve by residents, 0..1."""
    at, people, c, m = target.at, target.people.astype(np.float64), engine.cells, engine.method
    total = float(people.sum()) or 1.0
    values = {"shelter": np.minimum(c.shelter[at], coping.NANO), "rescue": coping.travel_nano(c.team_m[at], m),
              "reserve": coping.travel_nano(c.depot_m[at], m)}
    return {name: float((v / coping.NANO * people).sum() / total) for name, v in values.items()}


def contributors(engine: Engine, target: Target, district: int, limit: int = 20) -> dict[str, Any]:
    """Sources by what D and T would lose without them.

    → {"list": [{id, share, share_d, delta_d, delta_t, rectify_d, rectify_t, level, own}], "count", "rest": {count, share},
    "foreign": {count, share}}. share is of D (0..1), share_d in units of D; delta_* if the source were gone, rectify_* if its
    open hidden dangers were closed. They differ from the share because h saturates. `district` −1: nothing is foreign (a cell).
    """
    reached = contribution.reach(engine, target)
    share = contribution.shares(engine, target, reached)
    d, t = contribution.left_without(engine, target, reached, reached.mass)
    clean = contribution.rectified_mass(engine, reached)
    rd, rt = contribution.left_without(engine, target, reached, reached.mass - clean)
    whole = float(share.sum()) or 1.0
    order = np.lexsort((reached.sources.id, d))       # most negative ΔD first, then by id
    gives = order[share[order] > 0]
    top = gives[:limit]
    foreign = (reached.sources.district != district) & (share > 0) & (district >= 0)
    columns = {"share": share / whole, "share_d": share, "delta_d": d, "delta_t": t, "rectify_d": rd, "rectify_t": rt}
    rows = [{"id": int(reached.sources.id[i]), "level": int(reached.level[i]), "own": not bool(foreign[i])}
            | {name: float(v[i]) for name, v in columns.items()} for i in top.tolist()]
    rest = gives[limit:]
    return {"list": rows, "count": len(gives), "rest": {"count": len(rest), "share": float(share[rest].sum() / whole)},
            "foreign": {"count": int(foreign.sum()), "share": float(share[foreign].sum() / whole)}}


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {k: round(v, 9) if isinstance(v, float) else v for k, v in values.items()}


def distance(now: Computed, residents_milli: int, method: Method) -> dict[str, Any]:
    """How far to the next better and the next worse grade, in units of D, T and people. None where there is none."""
    if now.grade is None or now.d_micro is None or now.t_micro is None:
        return {"better": None, "worse": None}
    d, t, people = now.d_micro / MICRO, now.t_micro / MICRO, residents_milli / 1000
    out: dict[str, Any] = {"better": None, "worse": None}
    if now.grade < 4:
        bd, bt = method.d_borders[now.grade - 1], method.t_borders[now.grade - 1]
        low = 1 - method.fall_margin
        over = max(0.0, t - bt * low)
        out["better"] = _rounded({"grade": now.grade + 1, "d_border": bd, "t_border": bt, "d_fall": bd * low, "t_fall": bt * low,
                                  "d_over": max(0.0, d - bd * low), "t_over": over, "people_over": over * people})
    if now.grade > 1:
        bd, bt = method.d_borders[now.grade - 2], method.t_borders[now.grade - 2]
        out["worse"] = _rounded({"grade": now.grade - 1, "d_border": bd, "t_border": bt, "d_left": bd - d, "t_left": bt - t,
                                 "people_left": (bt - t) * people})
    return out


def stale(engine: Engine, district: int, limit: int = 20) -> list[dict[str, Any]]:
    """Sources of a district whose verification has lapsed or is unknown, heaviest first; `verified` in days since 1970-01-01."""
    book = engine.rows["sources"]
    size = len(book.mask)
    level, mass, verified = engine.weighed.level[:size], engine.weighed.mass[:size], book.column("verified")
    old = book.mask & (book.column("district") == district) & (mass > 0) & ~fresh(verified, level, engine.day, engine.method)
    rows = np.flatnonzero(old)
    rows = rows[np.lexsort((book.column("id")[rows], -mass[rows]))][:limit]
    out = []
    for r in rows.tolist():
        seen = None if verified[r] == NEVER else int(verified[r])
        over = None if seen is None else engine.day - seen - engine.method.validity_days[int(level[r]) - 1]
        row = {"id": int(book.column("id")[r]), "level": int(level[r]), "weight": float(mass[r] / MICRO)}
        out.append(row | {"verified": seen, "days_over": over})
    return out


def ranks(states: list[Computed], zones: list[str]) -> list[dict[str, int | None]]:
    """Place of each district in its zone and in the city, 1 = worst: by computed grade, then D. None for 未评估."""
    def key(i: int) -> tuple[int, int]:
        s = states[i]
        assert s.grade is not None and s.d_micro is not None
        return s.grade, -s.d_micro

    order = sorted((i for i, s in enumerate(states) if s.grade is not None), key=key)
    out: list[dict[str, int | None]] = [{"city": None, "zone": None, "city_of": len(order), "zone_of": None} for _ in states]
    for place, i in enumerate(order, 1):
        zone = [j for j in order if zones[j] == zones[i]]
        out[i] = {"city": place, "zone": zone.index(i) + 1, "city_of": len(order), "zone_of": len(zone)}
    return out
