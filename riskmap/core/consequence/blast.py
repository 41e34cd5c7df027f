"""A blast: the mass of TNT that would do the same, and the overpressure of that mass burst on the ground.

    W = η · m · Hc / Q_TNT            Q_TNT 4.5 MJ/kg (range in use 4.18–4.69), η 0.03–0.10: a stated assumption, not a measurement
    P = exp(A + B ln Z + C ln²Z + D ln³Z + E ln⁴Z) kPa, Z = R / W^⅓         Kingery-Bulmash, hemispherical, in Swisdak's form of 1994

The coefficients hold for a burst on the ground already; no further ground factor is applied.
"""

from __future__ import annotations

import math

from riskmap.core.consequence.reach import Reach, reach
from riskmap.errors import BadInput

Q_TNT_MJ_KG = 4.5
EFFICIENCY = 0.1  # the upper end of the range: it errs to the longer distance
Z_LOW, Z_HIGH = 0.2, 198.5
_PARTS = (
    (2.9, (7.2106, -2.1069, -0.3229, 0.1117, 0.0685)),
    (23.8, (7.5938, -3.0523, 0.40977, 0.0261, -0.01267)),
    (198.5, (6.0536, -1.4066, 0.0, 0.0, 0.0)),
)
# kPa → what it does (ALOHA's three)
LEVELS_KPA = {55.2: "建筑物毁坏 / destruction of buildings", 24.1: "重伤可能 / serious injury likely", 6.9: "玻璃破碎 / shatters glass"}


def tnt_kg(mass_kg: float, heat_mj_kg: float, efficiency: float = EFFICIENCY) -> float:
    """kg of TNT that `mass_kg` of a fuel is taken for. Raises BadInput."""
    if not (math.isfinite(mass_kg) and mass_kg > 0 and math.isfinite(heat_mj_kg) and heat_mj_kg > 0):
        raise BadInput("质量和燃烧热须是正数 / mass and heat of combustion are positive", where="mass_kg, heat_mj_kg")
    if not 0.01 <= efficiency <= 1:
        raise BadInput("效率系数须在 0.01–1 / the efficiency is 0.01 to 1", where="efficiency")
    return efficiency * mass_kg * heat_mj_kg / Q_TNT_MJ_KG


def overpressure_kpa(distance_m: float, tnt: float) -> float:
    """Side-on overpressure in kPa at a distance from `tnt` kg on the ground. Raises BadInput outside Z 0.2–198.5 m/kg^⅓."""
    z = distance_m / tnt ** (1 / 3)
    if not Z_LOW * (1 - 1e-12) <= z <= Z_HIGH * (1 + 1e-12):
        raise BadInput("超出公式适用范围 / outside the range of the formula", where=f"Z = {z:.3g} m/kg^(1/3)", remedy="0.2–198.5")
    part = next((c for bound, c in _PARTS if z < bound), _PARTS[-1][1])
    log = math.log(z)
    return math.exp(sum(c * log**i for i, c in enumerate(part)))


def blast_reach(level_kpa: float, tnt: float) -> Reach:
    """How far an overpressure is met. The three parts join to within 2 %; the longer answer is given where they overlap."""
    if not (math.isfinite(level_kpa) and level_kpa > 0 and tnt > 0):
        raise BadInput("压力和当量须是正数 / pressure and mass are positive", where="level_kpa, tnt")
    scale = tnt ** (1 / 3)
    low, high = Z_LOW * scale, Z_HIGH * scale
    found = [reach(level_kpa, lambda r: overpressure_kpa(r, tnt), a * scale * (1 + 1e-12), b * scale * (1 - 1e-12))
             for a, b in ((0.2, 2.9), (2.9, 23.8), (23.8, 198.5))]  # fmt: skip
    inside = [r for r in found if not r.below]
    if not inside:
        return Reach(level_kpa, low, below=True)
    furthest = inside[-1]
    return Reach(level_kpa, high, beyond=True) if furthest is found[-1] and furthest.beyond else Reach(level_kpa, furthest.distance_m)
