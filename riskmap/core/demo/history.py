"""Marked history of the demo city: two years of weekly closings that lead up to the grades computed today.

These rows are drawn, not replayed, and carry demo = true; everything after them is the engine's own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

WEEKS = 104
MICRO = 1_000_000


class Standing(NamedTuple):
    """A district today as the engine computed it: D (0..100) and T (0..1) in micro-units, None when not assessed."""

    district: str
    d_micro: int | None
    t_micro: int | None


def closings(today: Sequence[Standing], on: dt.date, seed: int, d_borders: Sequence[float],
             t_borders: Sequence[float]) -> list[dict[str, object]]:
    """Rows for the closing table, oldest first: district_code, closed_on, d_micro, t_micro, computed, shown, predecessor, demo.

    d_borders and t_borders: the method's, Ⅰ first, such as (22, 12, 4) and (0.05, 0.01, 0.001).
    """
    rows: list[dict[str, object]] = []
    for k, one in enumerate(sorted(today)):
        if one.d_micro is None or one.t_micro is None:
            continue
        rng = np.random.default_rng([seed, 10, k])
        shown = None
        before: dt.date | None = None
        for week, factor in zip(range(WEEKS, 0, -1), _walk(rng), strict=True):
            closed = on - dt.timedelta(days=7 * week)
            d, t = round(one.d_micro * factor), min(MICRO, round(one.t_micro * factor**1.5))
            computed = _grade(d, t, d_borders, t_borders, 1.0)
            # it rises at once and falls only when clear of the border by 5 %, as the engine's own closings do
            eased = _grade(d, t, d_borders, t_borders, 0.95)
            shown = computed if shown is None or computed <= shown else max(shown, min(computed, eased))
            rows.append({"district_code": one.district, "closed_on": closed, "d_micro": d, "t_micro": t, "computed": computed,
                         "shown": shown, "predecessor": before, "demo": True})
            before = closed
    return sorted(rows, key=lambda row: (row["closed_on"], row["district_code"]))


def _walk(rng: np.random.Generator) -> np.ndarray:
    """Factors that end near 1: a slow trend, a seasonal swing, and noise that dies out towards today."""
    left = np.arange(WEEKS, 0, -1) / WEEKS
    trend = 1 + float(rng.uniform(-0.12, 0.30)) * left
    height, phase = float(rng.uniform(0.01, 0.05)), float(rng.uniform(0, 6))
    swing = 1 + height * np.sin(2 * np.pi * np.arange(WEEKS) / 52 + phase) * np.sqrt(left)
    return trend * swing * (1 + np.cumsum(rng.normal(0, 0.006, WEEKS))[::-1] * np.sqrt(left))


def _grade(d_micro: int, t_micro: int, d_borders: Sequence[float], t_borders: Sequence[float], ease: float) -> int:
    """Ⅰ = 1 … Ⅳ = 4 by the borders times `ease`."""
    for level, (d, t) in enumerate(zip(d_borders, t_borders, strict=True), 1):
        if d_micro >= d * ease * MICRO or t_micro >= t * ease * MICRO:
            return level
    return 4
