"""What is reckoned with: what the commander gave, what the records hold, and where neither says anything a stated worst guess.

Each value carries where it comes from (`basis`): given · record · default · computed. Nothing is guessed without being listed.
Texts carry both languages, "中文 / English".
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from riskmap.core.consequence.plume import Terrain
from riskmap.core.consequence.stability import CLASSES, Class, stability, sun_height
from riskmap.core.response.substance import Substance, find
from riskmap.core.response.travel import LIMIT_M, Mode
from riskmap.errors import BadInput

Kind = Literal["circle", "ring", "polygon", "plume", "fireball", "blast"]
KINDS: tuple[Kind, ...] = ("circle", "ring", "polygon", "plume", "fireball", "blast")
RADIUS_M = 1000.0
HOLE_M = 0.1
DISCHARGE = 0.61
WHOLE_S = 600.0
CALM_MS = 1.5
DAYS = 3
FRESH_S = 3600.0  # a wind observed longer ago is not the wind


@dataclass(frozen=True, slots=True)
class Given:
    """What the commander said; None: nothing. Wind: where it comes from, degrees clockwise from north, and m/s at 10 m."""

    kind: Kind | None = None
    radius_m: float | None = None
    inner_m: float | None = None
    polygon: tuple[tuple[float, float], ...] | None = None
    substance: str | None = None
    mass_t: float | None = None
    rate_kg_s: float | None = None
    wind_ms: float | None = None
    wind_from_deg: float | None = None
    wind_at: dt.datetime | None = None
    stability: Class | None = None
    terrain: Terrain | None = None
    level: int | None = None  # 1, 2 or 3 of the substance's levels: the one that decides
    days: int | None = None
    mode: Mode | None = None
    limit_m: float | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """A chemical on record at the plant, the largest it may hold in tonnes."""

    chemical: str
    cas: str | None
    most_t: float


@dataclass(slots=True)
class Settled:
    """What is reckoned with. `assumptions`: {name, value, unit, basis, note}; `warnings`: sentences."""

    kind: Kind = "circle"
    radius_m: float = RADIUS_M
    inner_m: float = 0.0
    polygon: tuple[tuple[float, float], ...] = ()
    substance: Substance | None = None
    named: str | None = None
    mass_kg: float | None = None
    rate_kg_s: float | None = None
    wind_ms: float | None = None
    wind_from_deg: float | None = None
    stability: Class = "F"
    terrain: Terrain = "rural"
    level: int = 2
    days: int = DAYS
    mode: Mode = "drive"
    limit_m: float = LIMIT_M["drive"]
    assumptions: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def put(self, name: str, value: Any, basis: str, note: str = "", unit: str = "") -> Any:
        setattr(self, name, value)
        return self.tell(name, value, basis, note, unit)

    def tell(self, name: str, value: Any, basis: str, note: str = "", unit: str = "") -> Any:
        self.assumptions.append({"name": name, "value": value, "unit": unit, "basis": basis, "note": note})
        return value


def settle(given: Given, holdings: Sequence[Holding], table: Sequence[Substance], at: dt.datetime, lon: float, lat: float, *,
           chemical: bool) -> Settled:  # fmt: skip
    """Fill in what was not given. `chemical`: the incident is a release; only then the plant's chemicals are looked at. Raises BadInput."""
    _check(given)
    out = Settled()
    _matter(out, given, holdings, table, chemical)
    _shape(out, given)
    if out.kind == "plume":
        _release(out, given)
        _weather(out, given, at, lon, lat)
    out.put(
        "days",
        given.days or DAYS,
        "given" if given.days else "default",
        "物资按此天数计 / supplies are for so many days",
        "天 / days",
    )
    return out


def _matter(out: Settled, given: Given, holdings: Sequence[Holding], table: Sequence[Substance], chemical: bool) -> None:
    """Which substance and how much of it: the largest holding whose levels are known, else the largest of all."""
    if given.substance:
        out.substance, out.named = find(table, given.substance), given.substance
        out.tell("substance", out.substance.zh if out.substance else given.substance, "given")
        own = max(
            (
                h.most_t
                for h in holdings
                if find(table, h.chemical, h.cas) is not None and find(table, h.chemical, h.cas) is out.substance
            ),
            default=None,
        )
    elif holdings and chemical:
        spoken = [h for h in holdings if (s := find(table, h.chemical, h.cas)) and s.model != "liquid"] or list(holdings)
        worst = max(spoken, key=lambda h: h.most_t)
        out.substance, out.named, own = find(table, worst.chemical, worst.cas), worst.chemical, worst.most_t
        out.tell(
            "substance",
            out.substance.zh if out.substance else worst.chemical,
            "record",
            "在册存量最大的物质 / the largest holding on record",
        )
    else:
        own = None
    if out.named and out.substance is None:
        out.warnings.append(
            f"{out.named}：没有毒性阈值，不能算烟羽，按圆形范围处理 / no levels are known for it, a stated circle stands in for the cloud"
        )
    elif out.substance and out.substance.status.startswith("DOUBT"):
        out.warnings.append(
            f"{out.substance.zh}的阈值存疑，用前核对 / the levels of {out.substance.en} are in doubt, check before use"
        )
    mass = given.mass_t if given.mass_t is not None else own
    if out.named and mass is None:
        out.warnings.append("存量未知 / the amount is not known")
    if mass is not None:
        out.mass_kg = mass * 1000
        note = "" if given.mass_t is not None else "设计最大量，视为在一个容器里 / the design maximum, taken as in one vessel"
        out.tell("mass_t", mass, "given" if given.mass_t is not None else "record", note, "t")


def _shape(out: Settled, given: Given) -> None:
    """Which kind of zone, and its measures where a model gives none."""
    s = out.substance
    natural = s.model if s else None
    ready = {"plume": bool(s and s.levels_ppm[1] and (out.mass_kg or given.rate_kg_s)), "fireball": bool(s and s.heat_mj_kg and out.mass_kg),
             "blast": bool(s and s.heat_mj_kg and out.mass_kg)}  # fmt: skip
    if given.kind in ready and not ready[given.kind]:
        raise BadInput("缺物质、阈值、燃烧热或存量，这个模型不能用 / the model lacks a substance, its levels, its heat or its amount", where="kind",
                       remedy="换成圆形，或补物质和存量 / take a circle, or give substance and amount")  # fmt: skip
    kind: Kind = given.kind or (natural if natural in ready and ready[natural] else "circle")  # type: ignore[assignment]
    note = {
        "plume": "有毒气体烟羽，随风向摆动 / a toxic plume swept over the wind",
        "fireball": "火球热辐射 / heat of a fireball",
        "blast": "爆炸超压 / overpressure",
    }.get(kind, "")
    if not given.kind and kind == "circle" and natural == "liquid":
        out.warnings.append(
            "常温液体的蒸发模型未包括，按圆形范围处理 / evaporation of a liquid is not modelled, a stated circle stands in"
        )
    out.put("kind", kind, "given" if given.kind else "default", note)
    if kind == "polygon":
        if not given.polygon or len(given.polygon) < 3:
            raise BadInput("多边形至少三个点 / a polygon has three corners or more", where="polygon")
        out.polygon = given.polygon
    if kind in ("circle", "ring"):
        out.put("radius_m", given.radius_m or RADIUS_M, "given" if given.radius_m else "default",
                "" if given.radius_m else "没有模型，先按此半径 / no model speaks, this radius to begin with", "m")  # fmt: skip
    if kind == "ring":
        out.put("inner_m", given.inner_m or 0.0, "given", "", "m")
    wide = kind in ("plume", "fireball", "blast") or out.radius_m > 2000
    mode: Mode = given.mode or ("drive" if wide else "walk")
    out.put("mode", mode, "given" if given.mode else "default", "乘车 / by vehicle" if mode == "drive" else "步行 / on foot")
    out.put(
        "limit_m",
        given.limit_m or LIMIT_M[mode],
        "given" if given.limit_m else "default",
        "去避难场所的最长路程 / the longest way to a shelter",
        "m",
    )


def hole_kg_s(s: Substance) -> float | None:
    """Liquid out of a 100 mm hole under its own vapour pressure: Cd A √(2 ρ Δp). None where density or pressure are not known."""
    if s.density_kg_m3 is None or s.gauge_kpa is None:
        return None
    return DISCHARGE * math.pi * HOLE_M**2 / 4 * math.sqrt(2 * s.density_kg_m3 * s.gauge_kpa * 1000)


def _release(out: Settled, given: Given) -> None:
    """How fast it gets out: the worse of a 100 mm hole and the whole content in ten minutes."""
    s = out.substance
    assert s is not None
    if given.rate_kg_s is not None:
        out.put("rate_kg_s", given.rate_kg_s, "given", "", "kg/s")
    else:
        assert out.mass_kg is not None
        whole, hole = out.mass_kg / WHOLE_S, hole_kg_s(s)
        if hole is None:
            note = "全部存量 10 分钟放出；缺密度或压力，孔口未算 / the whole content in 10 minutes; density or pressure is not known"
        elif hole > whole:
            note = "100 mm 孔，比全部存量 10 分钟放出更快 / a 100 mm hole, faster than the whole content in 10 minutes"
        else:
            note = "全部存量 10 分钟放出，比 100 mm 孔更快 / the whole content in 10 minutes, faster than a 100 mm hole"
        out.put("rate_kg_s", round(max(whole, hole or 0.0), 3), "default", note, "kg/s")
    level = given.level or 2
    if s.levels_ppm[level - 1] is None:
        raise BadInput("这个阈值没有数据 / this level is not known", where="level", remedy="1, 2, 3")
    out.put(
        "level",
        level,
        "given" if given.level else "default",
        f"{s.level_kind}-{level} {s.levels_ppm[level - 1]:g} ppm，{s.status}",
    )
    out.put("terrain", given.terrain or "rural", "given" if given.terrain else "default",
            "" if given.terrain else "开阔地形传得更远，按更坏计 / open ground carries further: the worse")  # fmt: skip
    if s.heavy:
        out.warnings.append(
            f"{s.zh}比空气重，近源处中性烟羽偏窄，疏散区已放宽，现场以监测为准"
            f" / {s.en} is heavier than air: a neutral plume understates it near the source; go by measurement"
        )


def _weather(out: Settled, given: Given, at: dt.datetime, lon: float, lat: float) -> None:
    """Wind and stability: what was observed within the hour; else F, 1.5 m/s, from every direction."""
    known = given.wind_ms is not None
    if given.wind_at is not None and not 0 <= (at - given.wind_at).total_seconds() <= FRESH_S:
        out.warnings.append("风的观测已超过一小时，不用 / the wind was observed more than an hour ago and is not used")
        known = False
    if known:
        assert given.wind_ms is not None
        out.put("wind_ms", given.wind_ms, "given", "", "m/s")
        if given.wind_from_deg is None or given.wind_ms < CALM_MS:
            out.tell(
                "wind_from_deg",
                None,
                "default",
                "风向未知或风速低于 1.5 m/s，各方向都算 / no direction, or under 1.5 m/s: every direction counts",
                "°",
            )
        else:
            out.put(
                "wind_from_deg",
                given.wind_from_deg,
                "given",
                "来向，前后各摆 30° / where it comes from, swept 30° to both sides",
                "°",
            )
    else:
        out.tell(
            "wind_ms", None, "default", "风未知：按 1.5 m/s，各方向都算 / no wind is known: 1.5 m/s from every direction", "m/s"
        )
    if given.stability:
        out.put("stability", given.stability, "given")
    elif known:
        assert given.wind_ms is not None
        sun = sun_height(at, lon, lat)
        out.put(
            "stability",
            stability(given.wind_ms, sun, None),
            "computed",
            f"太阳高度 {sun:.0f}°，云量未知按更稳定计 / sun at {sun:.0f}°, cloud not known: the steadier class",
        )
    else:
        out.put("stability", "F", "default", "风未知，按最稳定计 / no wind is known: the steadiest class")


def _check(given: Given) -> None:
    """Every number within what can be. Raises BadInput."""
    bounds = {"radius_m": (10, 50_000), "inner_m": (0, 49_990), "mass_t": (0.001, 1e6), "rate_kg_s": (1e-4, 1e5), "wind_ms": (0, 75),
              "wind_from_deg": (0, 360),               "level": (1, 3), "days": (1, 30), "limit_m": (100, 100_000)}  # fmt: skip
    for name, (low, high) in bounds.items():
        value = getattr(given, name)
        if value is not None and not (math.isfinite(value) and low <= value <= high):
            raise BadInput(f"须在 {low:g}–{high:g} / {low:g} to {high:g}", where=name)
    if given.kind is not None and given.kind not in KINDS:
        raise BadInput("没有这种影响区 / no such zone", where="kind", remedy=", ".join(KINDS))
    if given.stability is not None and given.stability not in CLASSES:
        raise BadInput("没有这个稳定度 / no such class", where="stability", remedy="A–F")
    if given.mode not in (None, "walk", "drive") or given.terrain not in (None, "rural", "urban"):
        raise BadInput("没有这个取值 / no such value", where="mode, terrain")
