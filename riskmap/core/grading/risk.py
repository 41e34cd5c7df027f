"""Risk and level of a cell (method §3) from integers: hazard, people, area, coping.

Written so that each step is monotone in floating point too: 1 − c / (v + c) never falls when v grows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskmap.core.grading.coping import NANO
from riskmap.core.grading.method import MICRO, Method

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def hazard_part(hazard_micro: Ints, method: Method) -> Floats:
    """h = H / (H + half)."""
    half = method.hazard_half * MICRO
    return 1.0 - half / (hazard_micro + half)


def exposure_part(people_milli: Ints, area_m2: Floats, method: Method) -> Floats:
    """e = x / (x + half), x people per km² over the cell's true area."""
    density = people_milli * 1000.0 / area_m2         # milli-persons / m² × 1000 = persons / km²
    return 1.0 - method.exposure_half_km2 / (density + method.exposure_half_km2)


def coping_part(total_nano: Ints) -> Floats:
    """k from the sum of its three parts in 1e-9."""
    return total_nano / (3.0 * NANO)


def risk_micro(h: Floats, e: Floats, k: Floats, method: Method) -> Ints:
    """ρ = 100 · h · (floor + (1 − floor) e) · (1 − share · k) in 1e-6, half to even."""
    exposed = method.exposure_floor + (1.0 - method.exposure_floor) * e
    return np.rint(100.0 * h * exposed * (1.0 - method.coping_share * k) * MICRO).astype(np.int64)


def borders_micro(borders: tuple[float, float, float]) -> Ints:
    return np.array([round(b * MICRO) for b in borders], dtype=np.int64)


def cell_level(risk: Ints, worst_sources: Ints, method: Method) -> NDArray[np.int8]:
    """Level 1..4; a cell that holds an approved Ⅰ source is at least `cell_floor`."""
    one, two, three = borders_micro(method.cell_borders)
    level = 4 - (risk >= three).astype(np.int8) - (risk >= two) - (risk >= one)
    return np.where(worst_sources > 0, np.minimum(level, method.cell_floor), level).astype(np.int8)
