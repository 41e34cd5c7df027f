"""Which teams come, how soon, and why a nearer one does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from riskmap.core.response.area import Area
from riskmap.core.response.travel import STRAIGHT, Ways, travel

EACH = 2  # teams of a kind that are called


def called(
    rows: Sequence[Mapping[str, Any]], kinds: Sequence[str], area: Area, each: int = EACH, ways: Ways = STRAIGHT
) -> tuple[list[dict[str, Any]], list[str]]:
    """(teams, kinds nobody has): of every kind the `each` nearest, and before them those that are nearer and not called, with `why`.

    rows: {id, name, lon, lat, kind, duty_24h}. Ways are to the place of the incident.
    """
    placed = [r for r in rows if r["lon"] is not None and r["kind"] in kinds]
    if not placed:
        return [], list(kinds)
    lons, lats = (np.array([r[k] for r in placed], dtype=np.float64) for k in ("lon", "lat"))
    way = travel(lons, lats, np.array([area.lon]), np.array([area.lat]), "drive", ways=ways, inside="to")
    seconds = np.where(np.isnan(way.seconds[:, 0]), np.inf, way.seconds[:, 0])
    inside = area.inside(lons, lats)
    out: list[dict[str, Any]] = []
    lacking = []
    for kind in kinds:
        found = 0
        for i in sorted((i for i, r in enumerate(placed) if r["kind"] == kind), key=lambda i: (seconds[i], placed[i]["id"])):
            r, reached = placed[i], np.isfinite(seconds[i])
            why = ("驻地在影响区内 / its base is inside the zone" if inside[i] else
                   "非 24 小时值守 / not on duty round the clock" if r["duty_24h"] is False else
                   None if reached else "没有路线 / no route")  # fmt: skip
            out.append({**r, "distance_m": round(float(way.metres[i, 0])) if reached else None,
                        "seconds": round(float(seconds[i])) if reached else None, "why": why})  # fmt: skip
            found += why is None
            if found == each:
                break
        if not found:
            lacking.append(kind)
    return out, lacking
