"""What the engine keeps of every cell, what a change touched, and hashes of stored rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from riskmap.core.grading.coping import FAR_M
from riskmap.core.grading.method import MICRO

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
NOTHING: Ints = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Touched:
    """What a change reached: positions of cells whose stored values differ now, cells that became empty, districts."""

    cells: Ints = field(default_factory=lambda: NOTHING)
    emptied: Ints = field(default_factory=lambda: NOTHING)
    districts: tuple[int, ...] = ()


@dataclass(eq=False)
class Cells:
    """One position a city cell. `hazard` in 1e-6, people in milli-persons, `coping` 3k in 1e-9, `risk` ρ in 1e-6."""

    high: Ints
    low: Ints
    hazard: Ints
    occupants: Ints
    sources: Ints
    worst: Ints                                       # Ⅰ sources standing here
    shelter: Ints                                     # sum of ratios, 1e-9, before the cap
    team_m: Floats
    depot_m: Floats
    coping: Ints
    risk: Ints
    level: NDArray[np.int8]

    @classmethod
    def empty(cls, n: int) -> Self:
        zero = lambda: np.zeros(n, dtype=np.int64)     # noqa: E731
        far = lambda: np.full(n, FAR_M)         # noqa: E731
        level = np.full(n, 4, dtype=np.int8)
        return cls(zero(), zero(), zero(), zero(), zero(), zero(), zero(), far(), far(), zero(), zero(), level)


def mix(columns: list[Ints]) -> NDArray[np.uint64]:
    """Two 64-bit hashes of each row, shape (n, 2). Their sums over rows are free of order."""
    out = np.empty((len(columns[0]), 2), dtype=np.uint64)
    for half, seed in enumerate((0x9E3779B97F4A7C15, 0xD1B54A32D192ED03)):
        value = np.full(len(columns[0]), seed, dtype=np.uint64)
        for column in columns:
            value ^= column.astype(np.uint64)
            value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            value ^= value >> np.uint64(31)
        out[:, half] = value
    return out


def total(mass: Ints) -> int:
    """Exact sum as a Python integer."""
    return int((mass // MICRO).sum()) * MICRO + int((mass % MICRO).sum()) if len(mass) else 0


def sorted_positions(size: int, parts: list[Ints]) -> Ints:
    """Every position that stands in one of the parts, once, sorted; by a mask where they are many."""
    every = np.concatenate(parts)
    if len(every) < size // 8:
        return np.unique(every)
    mask = np.zeros(size, dtype=bool)
    mask[every] = True
    return np.flatnonzero(mask)
