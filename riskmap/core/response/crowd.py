"""Who goes where: groups of people out of the zone to shelters with free places, and who is left over and where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskmap.core.response.assignment import Assignment, assign
from riskmap.core.response.travel import STRAIGHT, Mode, Travel, Ways, travel

WINDS = (("北", "N"), ("东北", "NE"), ("东", "E"), ("东南", "SE"), ("南", "S"), ("西南", "SW"), ("西", "W"), ("西北", "NW"))


@dataclass(frozen=True, slots=True)
class Group:
    """People at one place: residents of a cell, or the occupants of a site (`site`: its id)."""

    name: str
    people: int
    lon: float
    lat: float
    district: str
    site: int | None = None


def side(bearing: float, metres: float) -> str:
    """Where something lies, seen from the incident: 东北 1.2 km / NE 1.2 km."""
    if metres < 50:
        return "事发地 / at the place"
    zh, en = WINDS[int((bearing + 22.5) % 360 // 45)]
    return f"{zh} {metres / 1000:.1f} km / {en} {metres / 1000:.1f} km"


def sent(
    groups: Sequence[Group], shelters: Sequence[dict[str, Any]], mode: Mode, limit_m: float, ways: Ways = STRAIGHT
) -> tuple[Assignment, Travel, list[int]]:
    """(assignment, ways, positions of the shelters that were offered). Every way within the limit is offered, none is shortlisted."""
    offered = [i for i, s in enumerate(shelters) if s["why"] is None]
    lons, lats = (np.array([getattr(g, k) for g in groups], dtype=np.float64) for k in ("lon", "lat"))
    to = [shelters[i] for i in offered]
    way = travel(
        lons,
        lats,
        np.array([s["lon"] for s in to], dtype=np.float64),
        np.array([s["lat"] for s in to], dtype=np.float64),
        mode,
        limit_m,
        ways,
        inside="from",
    )
    people = np.array([g.people for g in groups], dtype=np.int64)
    places: NDArray[np.int64] = np.array([s["free"] for s in to], dtype=np.int64)
    return assign(people, places, way.seconds), way, offered


def left_why(way: Travel, group: int) -> str:
    """Why somebody of a group is left over: no_road (none near), no_way (none leads to a shelter within the limit), no_place (those are full)."""
    if way.no_road_from is not None and len(way.no_road_from) and way.no_road_from[group]:
        return "no_road"
    return "no_place" if way.seconds.shape[1] and np.isfinite(way.seconds[group]).any() else "no_way"
