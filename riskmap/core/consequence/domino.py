"""Chains: installations whose effect reaches another's fence, and what that one reaches in turn.

Thresholds by kind of target (Cozzani and others, 2006; recalled, hence settings): heat 15 kW/m² at atmospheric and 45 kW/m² at pressurised
vessels, overpressure 22 kPa and 16 kPa. Of the two radii of an installation the one against the target's kind of vessel counts; a kind
that is not known counts as the weaker one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

THRESHOLDS: Mapping[str, tuple[float, float]] = {"atmospheric": (15.0, 22.0), "pressurised": (45.0, 16.0)}  # kW/m², kPa


@dataclass(frozen=True, slots=True)
class Link:
    """`source` reaches `target` (their ids) at `distance_m`, in the wave `wave` after the first (1, 2 …)."""

    source: int
    target: int
    distance_m: float
    wave: int


def chain(start: int, ids: Sequence[int], radius_m: np.ndarray, distance_m: np.ndarray) -> list[Link]:
    """Every installation drawn in, breadth first, each by the nearest of the wave before it.

    ids: n installations; radius_m float[n, n]: how far i harms a vessel of j's kind (nan: unknown, which reaches nobody and is for the
    caller to tell); distance_m float[n, n] between them. Returns links in order of waves, then of distance.
    """
    at = {id: i for i, id in enumerate(ids)}
    if start not in at:
        return []
    drawn, wave, out, n = {at[start]}, 0, [], len(ids)
    front = [at[start]]
    while front:
        wave += 1
        met: dict[int, tuple[float, int]] = {}
        for i in front:
            with np.errstate(invalid="ignore"):
                hit = np.flatnonzero((distance_m[i] <= radius_m[i]) & (np.arange(n) != i))
            for j in hit.tolist():
                if j not in drawn and (j not in met or (distance_m[i, j], ids[i]) < (met[j][0], ids[met[j][1]])):
                    met[j] = (float(distance_m[i, j]), i)
        out += sorted((Link(ids[i], ids[j], d, wave) for j, (d, i) in met.items()), key=lambda k: (k.distance_m, k.target))
        front = sorted(met)
        drawn |= set(front)
    return out
