"""The one filter of list, map, facets, counts and export: read from query parameters by an allow-list, nothing evaluated."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from riskmap.core.layer import Layer
from riskmap.errors import BadInput

STATUSES = ("approved", "incomplete", "retired")
DANGERS = ("open", "overdue", "major")
VERIFIED = ("valid", "lapsed", "unknown")
SORTS = {
    "id": ("by_id", "bigint"),
    "name": ("by_name", "text"),
    "code": ("by_code", "text"),
    "effective_level": ("by_level", "smallint"),
    "verified_on": ("by_verified", "date"),
    "district": ("by_district", "text"),
}
NO_LEVEL = 9  # the sort key of records without a level
MAX_WORDS = 3
MAX_ATTRIBUTES = 4


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked of one layer. None means not asked. `bbox` is (west, south, east, north) in WGS 84 degrees."""

    layer: str
    bbox: tuple[float, float, float, float] | None = None
    q: str = ""
    district: tuple[str, ...] | None = None
    level: tuple[int, ...] | None = None
    status: tuple[str, ...] = ("approved", "incomplete")
    parent: int | None = None
    ids: tuple[int, ...] | None = None
    batch: int | None = None
    danger: str | None = None
    verified: str | None = None
    attributes: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def without(self, facet: str) -> Filter:
        """The filter with one facet left out: what that facet's own counts are taken under."""
        if facet.startswith("attr."):
            return replace(self, attributes=tuple(pair for pair in self.attributes if pair[0] != facet[5:]))
        return replace(self, **{facet: STATUSES if facet == "status" else None})

    def parameters(self, today: dt.date) -> dict[str, object]:
        """The parameters of sql/features_where.sql."""
        west, south, east, north = self.bbox or (None,) * 4
        out: dict[str, object] = {
            "layer": self.layer,
            "status": list(self.status),
            "district": _list(self.district),
            "rank": _list(None if self.level is None else tuple(n or NO_LEVEL for n in self.level)),
            "parent": self.parent,
            "ids": _list(self.ids),
            "batch": self.batch,
            "danger": self.danger,
            "verified": self.verified,
            "today": today,
            "west": west,
            "south": south,
            "east": east,
            "north": north,
        }
        words = self.q.lower().split()[:MAX_WORDS]
        for i in range(MAX_WORDS):
            out[f"q{i + 1}"] = f"%{_escaped(words[i])}%" if i < len(words) else None
        for i in range(MAX_ATTRIBUTES):
            name, values = self.attributes[i] if i < len(self.attributes) else (None, None)
            out[f"attr{i + 1}"], out[f"attr{i + 1}_in"] = name, _list(values)
        return out


def parse(layer: Layer, query: Mapping[str, str]) -> Filter:
    """Read the filter's parameters out of a query; parameters it does not know are left to the caller.

    Raises BadInput naming the parameter, its fault and what may stand there.
    """
    facets = {f.name for f in layer.field if f.facet}
    attributes = []
    for key in sorted(query):
        if not key.startswith("attr."):
            continue
        if key[5:] not in facets:
            raise BadInput(
                f"{layer.label.zh}不能按此字段筛选 / not a filter of this layer",
                where=key,
                remedy="可用 / use: " + ", ".join(f"attr.{f}" for f in sorted(facets)),
            )
        attributes.append((key[5:], tuple(query[key].split(","))))
    if len(attributes) > MAX_ATTRIBUTES:
        raise BadInput(
            f"同时最多 {MAX_ATTRIBUTES} 个属性筛选 / at most {MAX_ATTRIBUTES} attribute filters",
            where="attr.*",
            remedy="去掉一个 / drop one",
        )
    q = query.get("q", "").strip()
    if len(q) > 100 or "\x00" in q:
        raise BadInput(
            "搜索词过长或含非法字符 / search text too long or illegal", where="q", remedy="不超过 100 字 / at most 100 characters"
        )
    return Filter(
        layer=layer.name,
        bbox=_bbox(query["bbox"]) if query.get("bbox") else None,
        q=q,
        district=_codes(query, "district"),
        level=_integers(query, "level", 0, 4),
        status=_words(query, "status", STATUSES) or ("approved", "incomplete"),
        parent=_integer(query, "parent"),
        ids=_integers(query, "ids", 1, 2**62),
        batch=_integer(query, "batch"),
        danger=(_words(query, "danger", DANGERS, one=True) or (None,))[0],
        verified=(_words(query, "verified", VERIFIED, one=True) or (None,))[0],
        attributes=tuple(attributes),
    )


def sort_of(text: str) -> tuple[str, str, bool]:
    """`-name` → (sorted column, its SQL type, descending). Raises BadInput with the sorts there are."""
    descending, key = text.startswith("-"), text.removeprefix("-")
    if key not in SORTS:
        raise BadInput("不能按此排序 / not a sort", where=f"sort={text}", remedy="可用 / use: " + ", ".join(SORTS))
    return (*SORTS[key], descending)


def _bbox(text: str) -> tuple[float, float, float, float]:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise BadInput(
            "bbox 应为四个数 / bbox needs four numbers",
            where="bbox",
            remedy="bbox=西,南,东,北 / west,south,east,north in degrees",
        ) from None
    if not all(math.isfinite(v) for v in (west, south, east, north)) or not (
        -180 <= west <= east <= 180 and -90 <= south <= north <= 90
    ):
        raise BadInput(
            "bbox 超出范围或顺序颠倒 / bbox out of range or in the wrong order",
            where="bbox",
            remedy="bbox=西,南,东,北 / west,south,east,north in degrees",
        )
    return west, south, east, north


def _codes(query: Mapping[str, str], key: str) -> tuple[str, ...] | None:
    if not query.get(key):
        return None
    codes = tuple(query[key].split(","))
    if not all(code.isascii() and code.isdigit() and len(code) == 6 for code in codes):
        raise BadInput("区划代码为六位数字 / district codes are six digits", where=key, remedy="例 / e.g. district=110101,110102")
    return codes


def _integers(query: Mapping[str, str], key: str, low: int, high: int) -> tuple[int, ...] | None:
    if not query.get(key):
        return None
    try:
        numbers = tuple(int(part) for part in query[key].split(","))
    except ValueError:
        numbers = (low - 1,)
    if len(numbers) > 1000 or not all(low <= n <= high for n in numbers):
        raise BadInput(
            "取值不合 / value not taken",
            where=f"{key}={query[key][:60]}",
            remedy=f"{low}…{min(high, 10**9)} 的整数，逗号分隔 / integers, separated by commas",
        )
    return numbers


def _integer(query: Mapping[str, str], key: str) -> int | None:
    found = _integers(query, key, 1, 2**62)
    if found and len(found) > 1:
        raise BadInput("只能一个 / only one", where=key, remedy=f"{key}=<id>")
    return found[0] if found else None


def _words(query: Mapping[str, str], key: str, allowed: tuple[str, ...], one: bool = False) -> tuple[str, ...] | None:
    if not query.get(key):
        return None
    words = tuple(query[key].split(","))
    if any(word not in allowed for word in words) or (one and len(words) > 1):
        raise BadInput("取值不合 / value not taken", where=f"{key}={query[key][:60]}", remedy="可用 / use: " + ", ".join(allowed))
    return words


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _list(values: tuple | None) -> list | None:
    return None if values is None else list(values)
