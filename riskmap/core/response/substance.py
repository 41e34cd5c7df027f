"""What is known of a substance that got loose: the levels that hurt, how heavy it is, which model speaks for it. From data/codes/substance.tsv."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Model = Literal["plume", "fireball", "blast", "liquid"]  # liquid: evaporation is not modelled, a stated circle stands in


@dataclass(frozen=True, slots=True)
class Substance:
    """Levels in ppm for 60 minutes (PAC or AEGL, `level_kind`), None where not known. `density_kg_m3` and `gauge_kpa`: of the liquid as it is
    kept under its own vapour pressure at 20 °C. `status`: how sure the levels are."""

    cas: str
    zh: str
    en: str
    alias: tuple[str, ...]
    molar_g: float
    levels_ppm: tuple[float | None, float | None, float | None]
    level_kind: str
    model: Model
    heavy: bool
    density_kg_m3: float | None
    gauge_kpa: float | None
    heat_mj_kg: float | None
    status: str


def substances(rows: Iterable[Mapping[str, str]]) -> tuple[Substance, ...]:
    """The table's rows."""
    return tuple(
        Substance(
            cas=r["code"], zh=r["zh"], en=r["en"], alias=tuple(a for a in r["alias"].split(";") if a), molar_g=float(r["molar_g"]),
            levels_ppm=(_number(r["level1_ppm"]), _number(r["level2_ppm"]), _number(r["level3_ppm"])), level_kind=r["level_kind"],
            model=r["model"], heavy=r["heavy"] == "yes",  # type: ignore[arg-type]
            density_kg_m3=_number(r["density_kg_m3"]), gauge_kpa=_number(r["gauge_kpa"]), heat_mj_kg=_number(r["heat_mj_kg"]), status=r["status"])
        for r in rows)  # fmt: skip


def find(table: Iterable[Substance], name: str | None, cas: str | None = None) -> Substance | None:
    """By CAS number first, then by name or alias as it stands or with 液 before it; None where the table does not hold it."""
    listed = tuple(table)
    if cas and (found := next((s for s in listed if s.cas == cas.strip()), None)):
        return found
    asked = _key(name or "")
    if not asked:
        return None
    return next((s for s in listed if asked in {_key(n) for n in (s.cas, s.zh, s.en, *s.alias)}), None)


def _key(text: str) -> str:
    return re.sub(r"[\s（）()]+", "", text.replace("，", ",")).casefold()


def _number(text: str) -> float | None:
    return float(text) if text else None
