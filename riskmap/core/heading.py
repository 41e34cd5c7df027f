"""Headings of office tables → fields of a layer: proposed with a confidence, or given by the person."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from riskmap.core.amount import factor
from riskmap.core.finding import Finding, finding
from riskmap.core.layer import Label, Layer, LayerField

# Fields that are read from a table but not stored under their own name.
LONLAT, CRS = "lonlat", "crs"
# The heading readers give to the coordinates of a shape; it wins over a property of that name.
SHAPE_LON, SHAPE_LAT = "几何经度 (geometry lon)", "几何纬度 (geometry lat)"
COMMON_LABELS: dict[str, Label] = {
    "code": Label(zh="编号", en="Code"),
    "name": Label(zh="名称", en="Name"),
    "parent_code": Label(zh="上级编号", en="Parent code"),
    "district": Label(zh="所在区", en="District"),
    "town": Label(zh="所在街道（乡镇）", en="Town"),
    "address": Label(zh="地址", en="Address"),
    "lon": Label(zh="经度", en="Longitude"),
    "lat": Label(zh="纬度", en="Latitude"),
    "verified_on": Label(zh="核验日期", en="Verified on"),
    LONLAT: Label(zh="坐标", en="Coordinates"),
    CRS: Label(zh="坐标系", en="Coordinate system"),
}
_COMMON_ALIASES: dict[str, tuple[str, ...]] = {
    "code": ("编码", "代码", "统一编号", "唯一编号", "id", "uid"),
    "name": ("全称", "title"),
    "parent_code": ("所属编号", "上级编码", "父级编号", "parent"),
    "district": (
        "所属区",
        "区县",
        "所属区县",
        "所在区县",
        "行政区",
        "行政区划",
        "所属行政区",
        "区",
        "区名",
        "城区",
        "辖区",
        "county",
    ),
    "town": (
        "街道",
        "乡镇",
        "街道乡镇",
        "所属街道",
        "所在街道",
        "所在街道乡镇",
        "属地街道",
        "镇街",
        "街镇",
        "township",
        "street",
    ),
    "address": ("详细地址", "位置", "所处位置", "具体位置", "具体地址", "地点", "所在地", "所在地址", "location"),
    "lon": ("lng", "long", "x", "x坐标", "东经", "经度坐标", "经度值", "经度lon", "经度x"),
    "lat": ("y", "y坐标", "北纬", "纬度坐标", "纬度值", "纬度lat", "纬度y"),
    "verified_on": ("核查日期", "核实日期", "检查日期", "更新日期", "更新时间", "核验时间", "排查日期", "verified"),
    LONLAT: ("经纬度", "经纬度坐标", "坐标点", "位置坐标", "地理坐标", "lonlat", "coordinate"),
    CRS: ("坐标系统", "坐标系名称", "坐标基准", "datum", "坐标体系"),
}
_BRACKET = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|【([^【】]*)】|单位[:：](.+)$")
_NOISE = re.compile(r"[\s*＊:：_\-—、，,。.“”\"'/\\]+")
IGNORED = frozenset({"序号", "原因", "行号", "no", "no."})  # of forms and returned workbooks: not told
APPLY = 0.6  # a proposal below this is only shown


SURE = 0.8  # a claim under this is told, so that a person can mend it


@dataclass(frozen=True, slots=True)
class Claim:
    """One heading's proposed field. `times` turns figures of the heading's unit into the field's (面积(亩) → m²), 1 mostly."""

    heading: str
    field: str
    confidence: float
    times: Decimal = Decimal(1)
    unit: str = ""


@dataclass(slots=True)
class Proposal:
    """field → claim; headings without a field; and headings that wanted a field which a better one has."""

    claims: dict[str, Claim] = field(default_factory=dict)
    unmapped: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)  # fields or headings in the given mapping that do not exist


def key(heading: object) -> str:
    """A heading for comparing: half-width, lower case, without blanks, stars, colons and the word 必填."""
    text = unicodedata.normalize("NFKC", str(heading)).casefold()
    text = _NOISE.sub("", text).replace("(必填)", "").replace("(选填)", "").replace("必填", "")
    return text


def unit_of(heading: object) -> tuple[str, str]:
    """A heading apart from what stands in brackets: '面积（亩）' → ('面积', '亩')."""
    text = unicodedata.normalize("NFKC", str(heading))
    match = _BRACKET.search(text)
    if not match:
        return key(text), ""
    inside = next(g for g in match.groups() if g is not None)
    return key(_BRACKET.sub("", text)), inside.strip()


@dataclass(slots=True)
class Vocabulary:
    """What headings a layer understands."""

    exact: dict[str, tuple[str, float]]  # key → field, confidence
    units: dict[str, str]  # field → unit

    def add(self, word: str, name: str, confidence: float) -> None:
        """Take in a word for a field; the better claim stays."""
        if word and (k := key(word)) and (k not in self.exact or self.exact[k][1] < confidence):
            self.exact[k] = (name, confidence)

    def match(self, heading: object) -> Claim | None:
        """The best field for one heading, or None. A joined heading ('库存-数量') is tried whole, then by its last part."""
        text = str(heading)
        found = self._whole(text)
        if found is None and "-" in text:
            parts = [p for p in text.split("-") if p.strip()]
            for part in reversed(parts):
                if (claim := self._whole(part)) is not None:
                    found = Claim(text, claim.field, min(claim.confidence, 0.8), claim.times, claim.unit)
                    break
        if found is None:
            found = self._alike(text)
        return found

    def _whole(self, text: str) -> Claim | None:
        full = key(text)
        if full in self.exact:
            return Claim(text, *self.exact[full])
        bare, unit = unit_of(text)
        if unit and bare in self.exact:
            name, confidence = self.exact[bare]
            wanted = self.units.get(name, "")
            times = factor(unit, wanted) if wanted else None
            return Claim(text, name, min(confidence, 0.95), times if times is not None else Decimal(1), unit)
        return None

    def _alike(self, text: str) -> Claim | None:
        bare, _ = unit_of(text)
        if len(bare) < 3:
            return None
        # "医疗机构名称" ends as "名称" does; the longest such ending wins
        endings = [k for k in self.exact if len(k) >= 2 and bare.endswith(k) and not k.isascii()]
        if endings:
            best = max(endings, key=len)
            return Claim(text, self.exact[best][0], 0.7 if len(best) >= 3 else 0.6)
        starts = {self.exact[k][0] for k in self.exact if k.startswith(bare)}
        if len(starts) == 1 and (len(bare) >= 4 or not bare.isascii()):  # .dbf cuts field names at ten bytes
            return Claim(text, starts.pop(), 0.65)
        close = difflib.get_close_matches(bare, [k for k in self.exact if len(k) >= 4], n=1, cutoff=0.86)
        return Claim(text, self.exact[close[0]][0], 0.6) if close else None


def vocabulary(layer: Layer) -> Vocabulary:
    """Every heading a layer understands: field names, labels in both languages, aliases. Earlier and better sources win."""
    words = declared(layer.field)
    add = words.add
    for name, label in COMMON_LABELS.items():
        own = layer.common.labels.get(name)
        if own:
            add(own.zh, name, 1.0)
            add(own.en, name, 0.99)
        for word in layer.common.aliases.get(name, ()):
            add(word, name, 0.95)
        if name in ("code", "name"):
            add(layer.label.zh + label.zh, name, 0.95)
        add(name, name, 0.97)
        add(label.zh, name, 0.94)
        add(label.en, name, 0.94)
        for word in _COMMON_ALIASES[name]:
            add(word, name, 0.9)
    add(SHAPE_LON, "lon", 1.5)
    add(SHAPE_LAT, "lat", 1.5)
    return words


def declared(fields: Sequence[LayerField]) -> Vocabulary:
    """Headings of declared fields alone: names, labels in both languages, aliases."""
    words = Vocabulary({}, {f.name: f.unit for f in fields if f.unit})
    for f in fields:
        for word, confidence in ((f.name, 1.0), (f.label.zh, 1.0), (f.label.en, 0.99), *((a, 0.95) for a in f.aliases)):
            words.add(word, f.name, confidence)
            if "(" in unicodedata.normalize("NFKC", word) or "（" in word:
                words.add(unit_of(word)[0], f.name, confidence - 0.04)
        if f.unit:
            words.add(f"{f.label.zh}({f.unit})", f.name, 1.0)
    return words


def propose(layer: Layer, headings: Sequence[str], given: Mapping[str, str] | None = None) -> Proposal:
    """Map headings to fields. `given` (heading → field, '' drops the column) wins; then the most confident claim of each field.

    Headings in `given` are met by `key`; a heading that starts with '=' stands for a constant and is not looked for.
    """
    return proposed(vocabulary(layer), {*layer.fields(), *COMMON_LABELS}, headings, given)


def proposed(
    words: Vocabulary, fields: Collection[str], headings: Sequence[str], given: Mapping[str, str] | None = None
) -> Proposal:
    """As `propose`, by a vocabulary and the field names there are."""
    result = Proposal()
    wanted = {key(h): (h, f) for h, f in (given or {}).items() if not h.startswith("=")}
    open_: list[Claim] = []
    dropped: set[str] = set()
    for heading in headings:
        asked = wanted.pop(key(heading), None)
        if asked is not None:
            if not asked[1]:
                dropped.add(heading)
            elif asked[1] in fields:
                claim = words.match(heading)  # a joined heading says its unit in its last part
                times, unit = (claim.times, claim.unit) if claim and claim.field == asked[1] else (Decimal(1), "")
                result.claims[asked[1]] = Claim(heading, asked[1], 2.0, times, unit)
            else:
                result.unknown.append(asked[1])
        elif (claim := words.match(heading)) is not None and claim.confidence >= APPLY:
            open_.append(claim)
    result.unknown += [h for h, _ in wanted.values()]
    for claim in sorted(open_, key=lambda c: -c.confidence):  # stable: the first of equals
        result.claims.setdefault(claim.field, claim)
    taken = {c.heading for c in result.claims.values()} | dropped
    result.unmapped = [h for h in headings if h not in taken and key(h) not in IGNORED]
    return result


def unsure(claim: Claim, name: str, label: str) -> Finding:
    """What is said of a heading that was read as field `name` by likeness alone."""
    reason, remedy = f"“{claim.heading}”按“{label}”读取 (read as this field)", "如不对，请在对应关系中改正"
    return finding(0, claim.heading, name, "", "mapping-proposed", "warn", reason, remedy, {"mapping": {claim.heading: name}})
