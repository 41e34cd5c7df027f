"""Chemicals of a unit as a person gives them: names, CAS, class symbols, an amount in a unit; checked, and in tonnes. Pure.

    amount  t, kg, or m3 with density (t/m³): q = V · ρ, exact decimals, never rounded
    share   mass per cent of the named substance in a mixture; then `mixture` says how it is counted (4.2.3):
            same_class  of the substance's own hazard class: the whole mixture counts as the substance
            own_class   of another: the mixture's own class symbols alone give Q and β
            a share without that leaves Q unknown, which is named
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from riskmap.core.chemical import Holding, Tables, key
from riskmap.core.finding import Finding, finding
from riskmap.core.posting import cas_is_sound

UNITS = {"t": Decimal(1), "kg": Decimal("0.001"), "m3": None}
WORDS = {"t": "t", "吨": "t", "kg": "kg", "千克": "kg", "公斤": "kg", "m3": "m3", "m³": "m3", "立方米": "m3", "方": "m3"}
MIXTURES = ("same_class", "own_class")
KEYS = ("chemical", "cas", "symbols", "amount", "unit", "density", "share", "mixture", "on_site")
MOST = 200  # chemicals of one unit
_LARGEST = Decimal(1_000_000_000)
_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Given:
    """The checked lines: `kept` as they are stored (figures as decimal text), `holdings` for core.chemical, None while a line is refused."""

    kept: list[dict[str, Any]]
    holdings: list[Holding] | None
    findings: list[Finding]


def checked(lines: Sequence[Mapping[str, Any]], tables: Tables) -> Given:
    """Every line with everything there is to say about it. An empty line (no name, no CAS, no amount) is left out."""
    kept, holdings, told = [], [], list[Finding]()
    seen: dict[str, int] = {}
    for line in lines:
        if not any(str(line.get(key) or "").strip() for key in ("chemical", "cas", "amount")):
            continue
        n = len(kept) + 1
        one = _Line(n, line, tables)
        kept.append(one.read())
        told += one.told
        name = key(kept[-1]["chemical"])
        if name and name in seen:
            told.append(_tell(n, "chemical", kept[-1]["chemical"], "twice", f"与第 {seen[name]} 行重复 / the same chemical as line {seen[name]}",
                              "同一单元每种化学品只写一行，数量合并 / one line a chemical, add the amounts"))  # fmt: skip
        seen.setdefault(name, n)
        if kept[-1]["design_max_t"] is not None:
            holdings.append(one.holding())
    if len(kept) > MOST:
        told.append(_tell(MOST + 1, "chemical", len(kept), "too-many", f"一个单元最多 {MOST} 种 / at most {MOST} in a unit", "拆分单元 / split it"))
    refused = any(f["severity"] == "refuse" for f in told)
    return Given(kept, None if refused else holdings, told)


class _Line:
    def __init__(self, n: int, line: Mapping[str, Any], tables: Tables) -> None:
        self.n, self.line, self.tables = n, line, tables
        self.told: list[Finding] = []
        self.kept: dict[str, Any] = {}

    def tell(self, field: str, value: Any, code: str, reason: str, remedy: str, severity: Any = "refuse", proposal: Any = None) -> None:
        self.told.append(_tell(self.n, field, value, code, reason, remedy, severity, proposal))

    def read(self) -> dict[str, Any]:
        said = {key: self.line.get(key) for key in KEYS}
        name, cas = (_text(said[key])[:120] for key in ("chemical", "cas"))
        symbols = _symbols(said["symbols"])
        unit = WORDS.get(_text(said["unit"]).casefold() or "t")
        mixture = _text(said["mixture"]) or None
        self.kept = {"chemical": name, "cas": cas or None, "symbols": symbols, "amount": None, "unit": unit or "t", "density": None,
                     "share": self.figure("share", said["share"], Decimal(100)), "mixture": mixture,
                     "on_site": self.figure("on_site", said["on_site"]), "design_max_t": None}  # fmt: skip
        self._names(name, cas, symbols, mixture)
        if unit is None:
            self.tell("unit", said["unit"], "no-unit", "没有这个单位 / no such unit", "t、kg、m3")
            return self.kept
        amount = self.figure("amount", said["amount"])
        density = self.figure("density", said["density"], Decimal(30))
        self.kept |= {"amount": amount, "density": density}
        if amount is None:
            if not self.about("amount"):
                self.tell("amount", "", "missing", "缺设计最大量 / the design maximum is missing",
                          "按设计最大量填写（4.2.2），不知道的不会按 0 计 / by 4.2.2; an unknown amount is never 0")  # fmt: skip
        elif unit == "m3" and not density:
            if not self.about("density"):
                self.tell("density", density or "", "density-missing", "按体积填写须给密度 / a volume needs its density",
                          "t/m³，如液氯 1.47 / e.g. 1.47")  # fmt: skip
        else:
            times = UNITS[unit]
            q = Decimal(amount) * (times if times is not None else Decimal(density or 0))
            self.kept["design_max_t"] = plain(q)
            on_site = self.kept["on_site"]
            if on_site is not None and Decimal(on_site) > q:
                self.tell("on_site", on_site, "over-design", "现存量超过设计最大量 / more than the design maximum",
                          "立即核实：超量储存，或数字有误 / make sure at once", "warn")  # fmt: skip
        return self.kept

    def about(self, field: str) -> bool:
        return any(f["field"] == f"holdings.{field}" for f in self.told)

    def holding(self) -> Holding:
        k = self.kept
        undecided = k["share"] is not None and k["mixture"] is None
        # a mixture whose class nobody told is no line of table 1: its Q stays unknown
        return Holding(k["chemical"], k["design_max_t"], k["cas"], () if undecided else tuple(k["symbols"]), undecided or k["mixture"] == "own_class")

    def figure(self, field: str, value: Any, most: Decimal = _LARGEST) -> str | None:
        text = _text(value).replace(",", "")
        if not text:
            return None
        try:
            figure = Decimal(text)
        except InvalidOperation:
            figure = Decimal("NaN")
        if not figure.is_finite() or not 0 <= figure <= most:
            self.tell(field, value, "not-a-quantity", f"不是 0 到 {most:f} 的数 / not a figure from 0 to {most:f}", "改正数字 / mend it")
            return None
        if -int(figure.as_tuple().exponent) > _DECIMALS:
            self.tell(field, value, "too-fine", f"最多 {_DECIMALS} 位小数 / at most {_DECIMALS} decimals", "写到这一位 / round it yourself")
            return None
        return plain(figure)

    def _names(self, name: str, cas: str, symbols: list[str], mixture: str | None) -> None:
        tables, share = self.tables, self.kept["share"]
        if not name:
            self.tell("chemical", cas, "missing", "缺化学品名称 / the chemical's name is missing", "按名称、别名或 CAS 选一种 / pick one")
        for symbol in symbols:
            if symbol not in tables.classes:
                self.tell("symbols", symbol, "no-class", "表 2 没有这个类别 / table 2 has no such class", "J1 … W11")
        if cas and not cas_is_sound(cas):
            self.tell("cas", cas, "not-a-cas", "CAS 号校验位不符 / not a CAS number", "核对安全技术说明书，如 7782-50-5 / see the data sheet")
        if mixture is not None and mixture not in MIXTURES:
            self.tell("mixture", mixture, "no-choice", "没有这种计法 / no such way", "、".join(MIXTURES))
        if share is not None and mixture is None:
            self.tell("mixture", share, "mixture-undecided", f"{name}：混合物未说明危险性类别是否与纯物质相同（4.2.3），Q 未知 / "
                      "a mixture: whether it is of the substance's own hazard class is not told, Q is unknown",
                      "选“与纯物质同类”或“按自身类别” / choose one", "warn")  # fmt: skip
        if mixture == "own_class":
            return
        if several := tables.sharing(name):
            self.tell("chemical", name, "which-row", "表 1 中有多行用这个名称 / several rows of table 1 have this name",
                      "选写明含量的一行 / choose the one that tells the content", "refuse", [row["zh"] for row in several])  # fmt: skip
        elif cas in tables.shared_cas and not tables.by_name.get(key(name)):
            self.tell("chemical", name, "which-row", "表 1 中有多行用这个 CAS 号 / several rows of table 1 share this CAS",
                      "选写明含量的一行 / choose the one that tells the content", "refuse",
                      [row["zh"] for row in tables.table1 if cas in row["cas"]])  # fmt: skip
        elif (row := tables.by_name.get(key(name))) and cas and row["cas"] and cas not in re.split("[;、]", row["cas"]):
            self.tell("cas", cas, "cas-differs", f"表 1“{row['zh']}”的 CAS 是 {row['cas']} / table 1 has another CAS",
                      "核对；按名称取临界量 / Q is taken by the name", "warn")  # fmt: skip


def plain(figure: Decimal) -> str:
    """A decimal without exponent and trailing zeros."""
    text = f"{figure:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def of_record(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the ledger as a line that is given again; figures as decimal text."""
    figure = lambda name: None if row[name] is None else plain(Decimal(str(row[name])))  # noqa: E731
    amount, unit = (figure("amount"), row["unit"]) if row["amount"] is not None else (figure("design_max_t"), "t")
    return {"chemical": row["chemical"], "cas": row["cas"], "symbols": _symbols(row["class_symbol"]), "amount": amount, "unit": unit,
            "density": figure("density"), "share": figure("share_percent"), "mixture": row["mixture"], "on_site": figure("quantity_t"),
            "design_max_t": figure("design_max_t")}  # fmt: skip


def _symbols(value: Any) -> list[str]:
    parts = [_text(v) for v in value] if isinstance(value, (list, tuple)) else re.split(r"[;,、，；\s]+", _text(value))
    return list(dict.fromkeys(part.upper()[:8] for part in parts if part))


def _text(value: Any) -> str:
    return "" if value is None else unicodedata.normalize("NFKC", str(value)).strip()


def _tell(n: int, field: str, value: Any, code: str, reason: str, remedy: str, severity: Any = "refuse", proposal: Any = None) -> Finding:
    return finding(n, f"危险化学品第 {n} 行", f"holdings.{field}", value, code, severity, reason, remedy, proposal)
