"""Which shelters may take people, with how many free places, and why the others may not. What is not known is never taken for free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from riskmap.core.response.area import Area

WHY = {
    "in_zone": "在影响区内 / inside the zone",
    "downwind": "在下风方向 / downwind",
    "closed": "已关闭 / closed",
    "full": "已满 / full",
    "capacity": "容量未知 / capacity not known",
    "occupied": "已启用，已住人数未报 / opened, occupancy not reported",
    "taken": "余位已占满 / no place left",
    "place": "位置未知 / place not known",
}
STRUCK = ("in_zone", "downwind")


def judged(rows: Sequence[Mapping[str, Any]], area: Area) -> list[dict[str, Any]]:
    """Shelters {id, name, lon, lat, capacity, state, occupied, reserved} with `free` (None: not known) and `why` (None: may be used).

    state: normal, opened, full, closed or None; occupied None: nobody reported it, taken as 0 only for one that is not opened.
    """
    placed = [r for r in rows if r["lon"] is not None]
    lons, lats = (np.array([r[k] for r in placed], dtype=np.float64) for k in ("lon", "lat"))
    inside = dict(zip((r["id"] for r in placed), area.inside(lons, lats).tolist(), strict=True))
    behind = dict(zip((r["id"] for r in placed), area.downwind(lons, lats).tolist(), strict=True))
    out = []
    for r in rows:
        why = ("place" if r["lon"] is None else "in_zone" if inside[r["id"]] else "downwind" if behind[r["id"]] else
               r["state"] if r["state"] in ("closed", "full") else "capacity" if r["capacity"] is None else
               "occupied" if r["state"] == "opened" and r["occupied"] is None else None)  # fmt: skip
        known = r["capacity"] is not None and not (r["state"] == "opened" and r["occupied"] is None)
        free = max(0, int(r["capacity"]) - int(r["occupied"] or 0) - int(r["reserved"] or 0)) if known else None
        if why is None and free == 0:
            why = "taken"
        out.append({**r, "free": free, "why": why})
    return out
