"""How long it takes to get somewhere: the one function of the plan, the grading and the blind-spot map.

With roads it is the quickest way on them; without, a straight line times a stated factor, an estimate and called so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from riskmap.core.coordinates import EARTH_RADIUS_M
from riskmap.core.road.graph import Closed, Graph, Inside
from riskmap.core.road.speed import WALK_KMH

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mode = Literal["walk", "drive"]
DETOUR = 1.4  # way over straight line
DRIVE_KMH = 30.0  # in a city under way
LIMIT_M = {"walk": 5000.0, "drive": 30_000.0}  # way, not straight line


@dataclass(frozen=True, slots=True)
class Travel:
    """`metres` of way and `seconds` for every pair, float[n, m]; nan beyond the limit or where no way leads. `estimated`: no road was asked.
    `no_road_from`, `no_road_to`: places with no road within the snapping limit."""

    metres: Floats
    seconds: Floats
    estimated: bool
    no_road_from: NDArray[np.bool_] | None = None
    no_road_to: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Ways:
    """What ways are worked out on: the roads (None: there are none), the zone they keep out of, and the estimate's two figures."""

    graph: Graph | None = None
    closed: Closed | None = None
    detour: float = DETOUR
    drive_kmh: float = DRIVE_KMH

    def speed_ms(self, mode: Mode) -> float:
        """Metres of way a second where no road tells better."""
        return (WALK_KMH if mode == "walk" else self.drive_kmh) / 3.6

    @property
    def estimated(self) -> bool:
        return self.graph is None


STRAIGHT = Ways()


def travel(from_lon: Floats, from_lat: Floats, to_lon: Floats, to_lat: Floats, mode: Mode, limit_m: float | None = None,
           ways: Ways = STRAIGHT, inside: Inside | None = None) -> Travel:  # fmt: skip
    """Ways from n places to m places, WGS 84 degrees. `limit_m` cuts ways that are longer (None: none are cut).

    `inside`: which end may lie in the closed zone; its ways touch the zone, all others stay outside it.
    """
    from_lon, from_lat, to_lon, to_lat = (np.asarray(v, dtype=np.float64) for v in (from_lon, from_lat, to_lon, to_lat))
    if ways.graph is not None and len(from_lon) and len(to_lon):
        r = ways.graph.reach((from_lon, from_lat), (to_lon, to_lat), mode, limit_m, ways.closed, inside)
        return Travel(r.metres, r.seconds, False, r.no_road_from, r.no_road_to)
    lam1, phi1, lam2, phi2 = (np.radians(v) for v in (from_lon, from_lat, to_lon, to_lat))
    half = (np.sin((phi1[:, None] - phi2[None, :]) / 2) ** 2
            + np.cos(phi1)[:, None] * np.cos(phi2)[None, :] * np.sin((lam1[:, None] - lam2[None, :]) / 2) ** 2)  # fmt: skip
    metres = ways.detour * 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    if limit_m is not None:
        metres = np.where(metres <= limit_m, metres, np.nan)
    return Travel(metres, metres / ways.speed_ms(mode), ways.graph is None)


def soonest(from_lon: Floats, from_lat: Floats, to_lon: Floats, to_lat: Floats, mode: Mode, ways: Ways = STRAIGHT) -> tuple[Floats, Ints]:
    """(seconds from each of n places to the one of m it gets to soonest, which one); nan and −1 where none is reached."""
    seconds, which = np.full(len(from_lon), np.nan), np.full(len(from_lon), -1, dtype=np.int64)
    if not len(from_lon) or not len(to_lon):
        return seconds, which
    if ways.graph is not None:
        ground = ways.graph
        return ground.nearest(ground.snap(from_lon, from_lat, mode), ground.snap(to_lon, to_lat, mode), mode)
    chord, which = cKDTree(_unit(to_lon, to_lat)).query(_unit(from_lon, from_lat), workers=-1)
    metres = ways.detour * 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, chord / 2))
    return metres / ways.speed_ms(mode), which.astype(np.int64)


def _unit(lon: Floats, lat: Floats) -> Floats:
    lam, phi = np.radians(lon), np.radians(lat)
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=1)
