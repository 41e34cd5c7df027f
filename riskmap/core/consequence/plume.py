"""A neutral cloud carried by the wind from a steady release: the Gaussian plume, its reach to a concentration and its width there.

    C(x, y, z) = Q / (2π u σy σz) · exp(−y²/2σy²) · [exp(−(z−H)²/2σz²) + exp(−(z+H)²/2σz²)]           AQ/T 3046-2013 E.33
    σy = sy1·x·(1 + sy2·x)^−½      σz = sz1·x·(1 + sz2·x)^sz3      x from 100 m to 10 km              Briggs; AQ/T 3046-2013 E.7

x downwind, y across, z up. The printed E.7 has sz2 = 0.0001 for A and B in towns; Briggs' 0.001 is used. The wind that carries a ground
release is that at 3 m, u₃ = u₁₀ (3/10)^n, and u₁₀ is never taken under 1 m/s (ALOHA technical documentation, table 7).
A heavy gas near its source runs wider and, at first, upwind: see `zone.py`, which answers for that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from riskmap.core.consequence.reach import Reach, reach
from riskmap.core.consequence.stability import Class
from riskmap.errors import BadInput

Terrain = Literal["rural", "urban"]
LOW_M, HIGH_M = 100.0, 10_000.0
LEAST_WIND_MS = 1.0
MOLAR_L = 24.45  # litres per mole at 25 °C and 101.325 kPa

# sy1, sy2, sz1, sz2, sz3
SIGMA: dict[Terrain, dict[Class, tuple[float, float, float, float, float]]] = {
    "rural": {
        "A": (0.22, 0.0001, 0.20, 0, 0), "B": (0.16, 0.0001, 0.12, 0, 0), "C": (0.11, 0.0001, 0.08, 0.0002, -0.5),
        "D": (0.08, 0.0001, 0.06, 0.0015, -0.5), "E": (0.06, 0.0001, 0.03, 0.0003, -1), "F": (0.04, 0.0001, 0.016, 0.0003, -1),
    },
    "urban": {
        "A": (0.32, 0.0004, 0.24, 0.001, 0.5), "B": (0.32, 0.0004, 0.24, 0.001, 0.5), "C": (0.22, 0.0004, 0.20, 0, 0),
        "D": (0.16, 0.0004, 0.14, 0.0003, -0.5), "E": (0.11, 0.0004, 0.08, 0.0015, -0.5), "F": (0.11, 0.0004, 0.08, 0.0015, -0.5),
    },
}  # fmt: skip
PROFILE: dict[Class, float] = {"A": 0.108, "B": 0.112, "C": 0.120, "D": 0.142, "E": 0.203, "F": 0.253}


@dataclass(frozen=True, slots=True)
class Plume:
    """A steady release of `rate_kg_s` at ground level in a wind of `wind_ms` at 10 m. Raises BadInput."""

    rate_kg_s: float
    wind_ms: float
    stability: Class
    terrain: Terrain

    def __post_init__(self) -> None:
        if not (math.isfinite(self.rate_kg_s) and self.rate_kg_s > 0):
            raise BadInput("泄漏速率须大于 0 / the release rate is above 0", where="rate_kg_s", remedy="kg/s")
        if not (math.isfinite(self.wind_ms) and 0 <= self.wind_ms <= 75):
            raise BadInput("风速须在 0–75 m/s / the wind is 0 to 75 m/s", where="wind_ms", remedy="m/s")
        if self.terrain not in SIGMA or self.stability not in PROFILE:
            raise BadInput("没有这个稳定度或地形 / no such class or terrain", where=f"{self.terrain} {self.stability}")

    @property
    def carried_ms(self) -> float:
        """The wind that carries it, m/s."""
        return max(self.wind_ms, LEAST_WIND_MS) * 0.3 ** PROFILE[self.stability]

    def sigma(self, x: float) -> tuple[float, float]:
        """σy and σz at x metres. Raises BadInput outside 100 m to 10 km."""
        if not LOW_M <= x <= HIGH_M:
            raise BadInput("高斯烟羽只适用于 100 m–10 km / the plume answers from 100 m to 10 km", where=f"x = {x:g} m")
        sy1, sy2, sz1, sz2, sz3 = SIGMA[self.terrain][self.stability]
        return sy1 * x / math.sqrt(1 + sy2 * x), sz1 * x * (1 + sz2 * x) ** sz3

    def concentration(self, x: float, y: float = 0.0, z: float = 0.0) -> float:
        """mg/m³ at x metres downwind, y across, z up."""
        sy, sz = self.sigma(x)
        axis = self.rate_kg_s * 1e6 / (math.pi * self.carried_ms * sy * sz)
        return axis * math.exp(-(y**2) / (2 * sy**2) - z**2 / (2 * sz**2))

    def reach(self, level_mg_m3: float) -> Reach:
        """How far along its axis the ground meets a concentration."""
        _positive(level_mg_m3, "level_mg_m3")
        return reach(level_mg_m3, self.concentration, LOW_M, HIGH_M)

    def half_width(self, x: float, level_mg_m3: float) -> float:
        """Metres across, from the axis, to the concentration; 0 where the axis itself is under it."""
        axis = self.concentration(x)
        return self.sigma(x)[0] * math.sqrt(2 * math.log(axis / level_mg_m3)) if axis > level_mg_m3 else 0.0

    def arrival_s(self, x: float) -> float:
        """Seconds until its front has gone x metres."""
        return x / self.carried_ms


def mg_m3(ppm: float, molar_g: float) -> float:
    """Parts per million of a gas of `molar_g` g/mol as mg/m³ at 25 °C and one atmosphere."""
    _positive(ppm, "ppm")
    _positive(molar_g, "molar_g")
    return ppm * molar_g / MOLAR_L


def _positive(value: float, where: str) -> None:
    if not (math.isfinite(value) and value > 0):
        raise BadInput("须是正数 / a positive number", where=where)
