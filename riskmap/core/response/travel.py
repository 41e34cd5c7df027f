"""How long it takes to get somewhere. One function; until roads are loaded it is a straight line times a stated factor, an estimate and called so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from riskmap.core.coordinates import EARTH_RADIUS_M

Floats = NDArray[np.float64]
Mode = Literal["walk", "drive"]
DETOUR = 1.4  # way over straight line
SPEED_MS = {"walk": 4000 / 3600, "drive": 30_000 / 3600}  # with children and old people; in a city under way
LIMIT_M = {"walk": 5000.0, "drive": 30_000.0}  # way, not straight line


@dataclass(frozen=True, slots=True)
class Travel:
    """`metres` of way and `seconds` for every pair, float[n, m]; nan beyond the limit. `estimated`: no road was asked."""

    metres: Floats
    seconds: Floats
    estimated: bool


def travel(
    from_lon: Floats, from_lat: Floats, to_lon: Floats, to_lat: Floats, mode: Mode, limit_m: float | None = None
) -> Travel:
    """Ways from n places to m places, WGS 84 degrees. `limit_m` cuts ways that are longer (None: none are cut)."""
    lam1, phi1, lam2, phi2 = (np.radians(np.asarray(v, dtype=np.float64)) for v in (from_lon, from_lat, to_lon, to_lat))
    half = (np.sin((phi1[:, None] - phi2[None, :]) / 2) ** 2
            + np.cos(phi1)[:, None] * np.cos(phi2)[None, :] * np.sin((lam1[:, None] - lam2[None, :]) / 2) ** 2)  # fmt: skip
    metres = DETOUR * 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    if limit_m is not None:
        metres = np.where(metres <= limit_m, metres, np.nan)
    return Travel(metres, metres / SPEED_MS[mode], True)
