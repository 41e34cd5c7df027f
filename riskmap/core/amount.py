"""Units as offices write them: which are the same, and what one is in another."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

_MU = Decimal(10_000) / 15  # 亩: 15 亩 = 1 公顷
# Each row is one dimension: written form → multiple of the first. NFKC turns ㎡ into m2 and ㎏ into kg.
_DIMENSIONS: tuple[dict[str, Decimal], ...] = tuple(
    {unit: Decimal(str(times)) for unit, times in row.items()}
    for row in (
        {
            "m": 1,
            "米": 1,
            "公尺": 1,
            "km": 1000,
            "公里": 1000,
            "千米": 1000,
            "cm": "0.01",
            "厘米": "0.01",
            "mm": "0.001",
            "毫米": "0.001",
        },
        {
            "m2": 1,
            "㎡": 1,
            "平方米": 1,
            "平米": 1,
            "平": 1,
            "平方": 1,
            "km2": 1_000_000,
            "平方公里": 1_000_000,
            "平方千米": 1_000_000,
            "公顷": 10_000,
            "ha": 10_000,
            "hm2": 10_000,
            "亩": _MU,
            "万平方米": 10_000,
            "万m2": 10_000,
            "万平米": 10_000,
        },
        {"m3": 1, "立方米": 1, "立方": 1, "方": 1, "l": "0.001", "升": "0.001", "万立方米": 10_000},
        {"t": 1, "吨": 1, "kg": "0.001", "公斤": "0.001", "千克": "0.001", "g": "0.000001", "克": "0.000001", "万吨": 10_000},
        {"人": 1, "名": 1, "位": 1, "口": 1, "人次": 1, "万人": 10_000},
        {"元": 1, "块": 1, "万元": 10_000, "亿元": 100_000_000},
        {"h": 1, "小时": 1, "时": 1, "min": Decimal(1) / 60, "分钟": Decimal(1) / 60, "天": 24, "日": 24, "d": 24},
        {"年": 1, "a": 1},
        {"mpa": 1, "兆帕": 1, "kpa": "0.001", "千帕": "0.001", "pa": "0.000001"},
        {"℃": 1, "°c": 1, "度": 1, "摄氏度": 1},
    )
)
_COUNTS = frozenset("个件座家处套台辆顶床张只箱条块支部所间栋幢把副双袋桶瓶罐盏艘架棵组队")


def _written(unit: str) -> str:
    return (
        unicodedata.normalize("NFKC", unit).strip().strip("()[]").replace("²", "2").replace("³", "3").replace("^", "").casefold()
    )


def same_unit(given: str, wanted: str) -> bool:
    """Is the unit written in a cell the field's own (or a measure word where the field has none)?"""
    a, b = _written(given), _written(wanted)
    if a == b:
        return True
    if a in _COUNTS and (not b or b in _COUNTS):
        return not b or {a, b} <= {"个", "件", "只", "套"}
    if not b:
        return a in ("人", "名", "位")
    return factor(given, wanted) == 1


def factor(given: str, wanted: str) -> Decimal | None:
    """One `given` in `wanted`, or None when they do not measure the same thing."""
    a, b = _written(given), _written(wanted)
    for row in _DIMENSIONS:
        if a in row and b in row:
            return row[a] / row[b]
    return None
