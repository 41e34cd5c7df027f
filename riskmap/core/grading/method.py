"""The parameters of grading, each with its unit and reason; one record of table `method` is one Method."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from riskmap.errors import BadInput

MICRO = 1_000_000

Positive = Annotated[float, Field(gt=0, le=1e9)]
Share = Annotated[float, Field(ge=0, le=1)]
Borders = tuple[Positive, Positive, Positive]

# Accident types by their GB 6441-2025 code; those not named take footprint_default_m.
EXPLOSIONS = tuple(f"WSA100{n:02d}" for n in range(14, 23))
FOOTPRINTS: dict[str, float] = {
    "WSA10009": 100.0,                                # 火灾
    **dict.fromkeys(EXPLOSIONS, 300.0),               # 容器爆炸 … 高温熔融物爆炸
    "WSA10023": 300.0, "WSA10024": 300.0,             # 中毒, 窒息
    "WSA10012": 50.0, "WSA10007": 50.0,               # 坍塌, 淹溺
}


def _p(default: Any, unit: str, reason: str) -> Any:
    return Field(default, description=reason, json_schema_extra={"unit": unit})


class Method(BaseModel):
    """Every number of the method. Lists by level run Ⅰ, Ⅱ, Ⅲ, Ⅳ; borders run Ⅰ, Ⅱ, Ⅲ (worst first)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # a source
    weights: tuple[int, int, int, int] = _p((1000, 100, 10, 1), "1", "每级相差十倍 / a level is ten times the next")
    state_major: Share = _p(0.5, "1", "有未销账重大隐患 / an open major hidden danger")
    state_overdue: Share = _p(0.2, "1", "有超期隐患 / an overdue hidden danger")
    state_general_step: Share = _p(0.05, "1", "每条未销账一般隐患 / each open general hidden danger")
    state_general_cap: Share = _p(0.3, "1", "一般隐患合计上限 / cap of the general ones")
    footprints_m: dict[str, Positive] = _p(FOOTPRINTS, "m", "按 GB 6441-2025 事故类型的影响半径 / footprint by accident type")
    footprint_default_m: Positive = _p(100.0, "m", "其他事故类型 / other accident types")
    footprint_hazard_m: Positive = _p(500.0, "m", "重大危险源, GB 18218-2018 校正系数 α 的 500 m 范围 / the 500 m of factor α")
    footprint_max_m: Positive = _p(5000.0, "m", "任何影响半径的上限 / no footprint is larger")
    spacing_m: Positive = _p(330.0, "m", "北京 9 级网格中心距, 小源也达邻格 / centre spacing at resolution 9 over Beijing")

    # a cell
    hazard_half: Positive = _p(1000.0, "weight", "一个孤立 Ⅰ 级源得 0.5 / one lone Ⅰ source gives h = 0.5")
    exposure_half_km2: Positive = _p(10_000.0, "people/km²", "此密度得 e = 0.5 / density at which e = 0.5")
    exposure_floor: Share = _p(0.3, "1", "无人处保留的风险 / what stays where nobody lives")
    coping_share: Share = _p(0.3, "1", "应对能力最多减去的份额 / the most that coping takes away")
    catchment_m: Positive = _p(2000.0, "m", "避难场所两步移动搜索半径 / two-step floating catchment")
    travel_full_min: Positive = _p(5.0, "min", "至此满分 / full marks up to here")
    travel_none_min: Positive = _p(20.0, "min", "自此零分 / none from here")
    detour: Annotated[float, Field(ge=1, le=5)] = _p(1.4, "1", "直线折算路程 / straight line to road, until roads are loaded")
    speed_kmh: Annotated[float, Field(ge=1, le=150)] = _p(30.0, "km/h", "市区应急车速 / speed of an emergency vehicle in town")
    cell_borders: Borders = _p((40.0, 25.0, 10.0), "ρ", "网格分级界 / borders of a cell")
    cell_floor: Annotated[int, Field(ge=1, le=4)] = _p(2, "level", "有 Ⅰ 级源的网格至少如此 / of a cell with a Ⅰ source")

    # a district
    d_borders: Borders = _p((22.0, 12.0, 4.0), "ρ", "居民加权平均风险分级界 / borders of D")
    t_borders: Borders = _p((0.05, 0.01, 0.001), "1", "Ⅰ 级网格居民占比分级界 / borders of T")
    fall_margin: Share = _p(0.05, "1", "降级须低于界值的份额 / relative margin below a border before a grade falls")
    overdue_major_count: Annotated[int, Field(ge=1)] = _p(3, "1", "超期重大隐患达此数, 加重一级 / this many overdue major ones")
    overdue_share: Share = _p(0.05, "1", "超期占未销账隐患份额, 加重一级 / share of open hidden dangers overdue")
    validity_days: tuple[int, int, int, int] = _p((90, 180, 365, 730), "d", "核验有效期 / validity of a verification")
    confidence_borders: tuple[Share, Share] = _p((0.8, 0.5), "1", "A、B 的核验权重份额 / share of hazard weight verified")

    # firmness
    perturbation: Share = _p(0.2, "1", "参数扰动幅度 / how far each constant is moved")
    perturbations: Annotated[int, Field(ge=10, le=5000)] = _p(500, "1", "扰动次数 / how many times")
    seed: int = _p(20200101, "1", "扰动的随机种子 / seed, so that the answer repeats")

    # a register
    risk_borders: tuple[int, int, int] = _p((20, 15, 9), "L×S", "登记等级的 R = L × S 界 / borders of the registered level")

    @model_validator(mode="after")
    def _ordered(self) -> Method:
        for name in ("weights", "cell_borders", "d_borders", "t_borders", "confidence_borders", "risk_borders"):
            values = getattr(self, name)
            if list(values) != sorted(values, reverse=True) or min(values) < 0:
                raise ValueError(f"{name}: worst first, never rising")
        if self.weights[0] > 10_000_000:
            raise ValueError("weights: at most 10,000,000, so that sums stay within 64 bits")
        if self.travel_none_min <= self.travel_full_min:
            raise ValueError("travel_none_min must be above travel_full_min")
        return self

    def footprint_m(self, accident: str) -> float:
        """Radius of an accident type (GB 6441 code), metres."""
        return self.footprints_m.get(accident, self.footprint_default_m)

    @property
    def travel_reach_m(self) -> float:
        """Straight-line distance at which a team or depot stops counting, metres."""
        return self.travel_none_min / 60 * self.speed_kmh * 1000 / self.detour

    def digest(self) -> str:
        """Short hash of every value: names the method in logs and runs."""
        return hashlib.sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()[:16]

    def record(self) -> dict[str, dict[str, Any]]:
        """What table `method` keeps: parameter → {value, unit, reason}."""
        values = self.model_dump(mode="json")
        out: dict[str, dict[str, Any]] = {}
        for name, field in type(self).model_fields.items():
            extra = field.json_schema_extra
            unit = extra.get("unit", "") if isinstance(extra, dict) else ""
            out[name] = {"value": values[name], "unit": unit, "reason": field.description or ""}
        return out

    @classmethod
    def from_record(cls, parameters: dict[str, Any]) -> Method:
        """A Method from table `method`; parameters it leaves out take their default. BadInput names what is wrong."""
        values = {k: v["value"] if isinstance(v, dict) and "value" in v else v for k, v in parameters.items()}
        try:
            return cls(**values)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(p) for p in first["loc"]) or "method"
            raise BadInput(f"定级方法不可用: {first['msg']} (the method cannot be used)", where=where,
                           remedy="按 riskmap method list 的单位和范围改正 mend it within its bounds") from None


# Parameters as a person reads them, group by group; the house tests that none is left out.
GROUPS: dict[str, tuple[str, ...]] = {
    "source": ("weights", "state_major", "state_overdue", "state_general_step", "state_general_cap", "footprints_m", "footprint_default_m",
               "footprint_hazard_m", "footprint_max_m", "spacing_m"),
    "cell": ("hazard_half", "exposure_half_km2", "exposure_floor", "coping_share", "catchment_m", "travel_full_min", "travel_none_min", "detour",
             "speed_kmh", "cell_borders", "cell_floor"),
    "district": ("d_borders", "t_borders", "fall_margin", "overdue_major_count", "overdue_share", "validity_days", "confidence_borders"),
    "firmness": ("perturbation", "perturbations", "seed"),
    "register": ("risk_borders",),
}  # fmt: skip


def difference(old: Method, new: Method) -> list[dict[str, Any]]:
    """Parameters that differ: [{parameter, old, new, unit, reason}]."""
    a, b = old.record(), new.record()
    return [{"parameter": k, "old": a[k]["value"], "new": b[k]["value"], "unit": b[k]["unit"], "reason": b[k]["reason"]}
            for k in b if a[k]["value"] != b[k]["value"]]


def registered_level(risk: int | None, method: Method) -> int | None:
    """Level 1..4 of R = L × S; None when R is unknown (never Ⅳ)."""
    if risk is None:
        return None
    return 1 + sum(risk < border for border in method.risk_borders)


# GB 18218-2018 grade of a major hazard installation → level.
HAZARD_GRADES = {"一级": 1, "二级": 1, "三级": 2, "四级": 3}
