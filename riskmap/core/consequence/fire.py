"""Heat of a fireball (BLEVE) and of a burning pool, to a distance on the ground.

Fireball, ALOHA technical documentation chapter 6: diameter 5.8 m^⅓ m, duration 0.852 m^0.26 s, emissive power 350 kW/m² · Hc / 46 MJ/kg,
view factor x R² / (x² + R²)^1.5 for x > R, transmissivity 1.389 − 0.135 log10(p_w x) held to 0..1,
p_w = 99.89 (RH/100) exp(21.66 − 5431.3 / T) Pa.

Pool, the same, 6.5: height 55 d (m″ / (ρ √(g d)))^0.67 u*^−0.21, emissive power 0.3 Hc m″ / (1 + 4 h / d). The heat that reaches a target is
that of a point source of the whole radiated power at the pool's centre, τ · P / (4π x²): it errs to the longer distance close by, and no
tilt by the wind is given; both are stated with the answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from riskmap.core.consequence.reach import Reach, reach
from riskmap.errors import BadInput

AIR_KG_M3, G = 1.2, 9.81
MASS_CAP_KG = 5_000_000.0
HIGH_M = 20_000.0
# kW/m² → what 60 s of it do (ALOHA's three)
LEVELS_KW_M2 = {
    10.0: "60 s 内可能致命 / potentially lethal within 60 s",
    5.0: "60 s 内二度烧伤 / second-degree burns within 60 s",
    2.0: "60 s 内疼痛 / pain within 60 s",
}


def transmissivity(distance_m: float, humidity_pct: float, air_k: float) -> float:
    """Share of the heat that gets through the air, 0..1."""
    vapour = 99.89 * humidity_pct / 100 * math.exp(21.66 - 5431.3 / air_k)
    return min(1.0, max(0.0, 1.389 - 0.135 * math.log10(max(vapour * distance_m, 1e-9))))


@dataclass(frozen=True, slots=True)
class Fireball:
    """The whole of `mass_kg` of a fuel of `heat_mj_kg` burning as one ball. Raises BadInput."""

    mass_kg: float
    heat_mj_kg: float
    humidity_pct: float = 0.0  # dry air lets most through: the longer distance, until somebody knows better
    air_k: float = 293.15

    def __post_init__(self) -> None:
        _check(self.mass_kg, "mass_kg", MASS_CAP_KG)
        _check(self.heat_mj_kg, "heat_mj_kg", 150)
        _air(self.humidity_pct, self.air_k)

    @property
    def radius_m(self) -> float:
        return 2.9 * self.mass_kg ** (1 / 3)

    @property
    def duration_s(self) -> float:
        return 0.852 * self.mass_kg**0.26

    @property
    def emissive_kw_m2(self) -> float:
        return 350 * self.heat_mj_kg / 46

    def flux(self, x: float) -> float:
        """kW/m² on the ground at x metres from its centre. Raises BadInput within the ball itself."""
        if x < self.radius_m:
            raise BadInput("在火球内 / inside the fireball", where=f"x = {x:g} m", remedy=f"≥ {self.radius_m:.0f} m")
        view = x * self.radius_m**2 / (x**2 + self.radius_m**2) ** 1.5
        return self.emissive_kw_m2 * view * transmissivity(x, self.humidity_pct, self.air_k)

    def reach(self, level_kw_m2: float) -> Reach:
        """How far a heat flux is met. The view factor has its greatest value at R/√2, within the ball: outside it only falls."""
        _check(level_kw_m2, "level_kw_m2", 1000)
        return reach(level_kw_m2, self.flux, self.radius_m, HIGH_M)


@dataclass(frozen=True, slots=True)
class Pool:
    """A burning pool of `diameter_m`, burning `burn_kg_m2_s` of a fuel of `heat_mj_kg`. Raises BadInput."""

    diameter_m: float
    burn_kg_m2_s: float
    heat_mj_kg: float
    wind_ms: float = 0.0
    humidity_pct: float = 0.0
    air_k: float = 293.15

    def __post_init__(self) -> None:
        _check(self.diameter_m, "diameter_m", 200)
        _check(self.burn_kg_m2_s, "burn_kg_m2_s", 1)
        _check(self.heat_mj_kg, "heat_mj_kg", 150)
        _air(self.humidity_pct, self.air_k)

    @property
    def height_m(self) -> float:
        d, m = self.diameter_m, self.burn_kg_m2_s
        star = max(1.0, self.wind_ms * (AIR_KG_M3 / (G * m * d)) ** (1 / 3))
        return 55 * d * (m / (AIR_KG_M3 * math.sqrt(G * d))) ** 0.67 * star**-0.21

    @property
    def emissive_kw_m2(self) -> float:
        return 0.3 * self.heat_mj_kg * 1000 * self.burn_kg_m2_s / (1 + 4 * self.height_m / self.diameter_m)

    @property
    def radiated_kw(self) -> float:
        """Emissive power times the flame's surface: mantle and top of a cylinder, which gives 0.3 of what burns."""
        d = self.diameter_m
        return self.emissive_kw_m2 * (math.pi * d * self.height_m + math.pi * d**2 / 4)

    def flux(self, x: float) -> float:
        """kW/m² at x metres from its centre. Raises BadInput within the pool."""
        if x < self.diameter_m / 2:
            raise BadInput("在池火内 / inside the pool", where=f"x = {x:g} m", remedy=f"≥ {self.diameter_m / 2:.0f} m")
        return min(self.emissive_kw_m2, self.radiated_kw * transmissivity(x, self.humidity_pct, self.air_k) / (4 * math.pi * x**2))

    def reach(self, level_kw_m2: float) -> Reach:
        """How far a heat flux is met."""
        _check(level_kw_m2, "level_kw_m2", 1000)
        return reach(level_kw_m2, self.flux, self.diameter_m / 2, HIGH_M)


def _check(value: float, where: str, most: float) -> None:
    if not (math.isfinite(value) and 0 < value <= most):
        raise BadInput(f"须大于 0 且不超过 {most:g} / above 0 and at most {most:g}", where=where)


def _air(humidity_pct: float, air_k: float) -> None:
    if not (0 <= humidity_pct <= 100 and 223 <= air_k <= 333):
        raise BadInput("湿度 0–100 %，气温 −50–60 °C / humidity 0 to 100 %, air −50 to 60 °C", where="humidity_pct, air_k")
