"""Stated districts and towns: code or name as offices write them → code."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from riskmap.core.gazetteer import Gazetteer
from riskmap.core.raw import NOTHING, Parsed, Parser, Trouble, plain


def _key(text: Any) -> str:
    written = re.sub(r"\s+", "", unicodedata.normalize("NFKC", plain(text))).casefold()
    return re.sub(r"^(中国)?北京(市)?(市辖区|县)?(?=.{2})", "", written)


def district_parser(gazetteer: Gazetteer) -> Parser:
    """Parser of a stated district: 110105, 朝阳区, 北京市朝阳区, Chaoyang → '110105'. 经济技术开发区 is told, left open."""
    known: dict[str, str] = {}
    for d in gazetteer.districts:
        english = re.sub(r"\s*district$", "", d.name_en.casefold()).replace(" ", "")
        for word in (d.code, d.name, re.sub(r"区$", "", d.name), english, f"{english}district", f"{d.code}000000"):
            if word:
                known[_key(word)] = d.code
    zones = {_key(z) for z in gazetteer.zones}

    def parse(value: Any) -> Parsed:
        written = plain(value)
        if written.casefold() in NOTHING:
            return None, None
        key = _key(written)
        if key in known:
            return known[key], None
        if key in zones:
            return None, Trouble(
                "zone",
                "warn",
                f"“{written}”是功能区，不是行政区；按坐标归区 (a zone, not a district; the point decides)",
                "如无坐标，请改填所在行政区",
            )
        if not known:
            return (key, None) if re.fullmatch(r"\d{6}", key) else (None, None)
        near = difflib.get_close_matches(key, [d.name for d in gazetteer.districts], n=1, cutoff=0.5)
        code = known[_key(near[0])] if near else None
        return None, Trouble(
            "no-such-district",
            "refuse",
            f"没有“{written}”这个区 (no such district)",
            (f"是否为“{near[0]}”？" if near else "") + "请填 16 区之一的名称或六位代码",
            code,
        )

    return parse


def town_parser(gazetteer: Gazetteer) -> Callable[[Any, str | None], Parsed]:
    """Parser of a stated street or town, given the stated district: digits or name. Unknown ones are told, not refused."""
    codes = {t.code for t in gazetteer.towns}
    names: dict[str, dict[str, str]] = {}
    for t in gazetteer.towns:
        for word in {t.name, re.sub(r"(街道办事处|街道|地区办事处|地区|镇|乡|民族乡)$", "", t.name)}:
            names.setdefault(_key(word), {})[t.code] = t.district_code

    def parse(value: Any, district: str | None) -> Parsed:
        written = plain(value)
        if written.casefold() in NOTHING or not codes:
            return None, None
        key = re.sub(r"(街道)?办事处$", lambda m: "街道" if m[1] else "", _key(written))
        if re.fullmatch(r"\d{9}(000)?", key) and key[:9] in codes:
            found = {key[:9]}
        else:
            hits = names.get(key) or names.get(re.sub(r"(街道|地区|镇|乡)$", "", key)) or {}
            found = {c for c, d in hits.items() if district is None or d == district} or set()
        if len(found) == 1:
            return found.pop(), None
        if found:
            return None, Trouble(
                "ambiguous-town",
                "warn",
                f"多个区都有“{written}” (several districts have a town of this name)",
                "请同时填写所在区",
            )
        return None, Trouble(
            "no-such-town",
            "warn",
            f"没有找到街道（乡镇）“{written}” (no such town)",
            "请填标准名称或九位代码；可留空，按坐标归属",
        )

    return parse
