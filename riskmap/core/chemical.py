"""Major hazard installations by GB 18218-2018: S, R and the grade, with every line of the working.

    4.2.1   S = Σ q/Q, a unit with S ≥ 1 is a major hazard installation        4.2.2  q = the design maximum of the unit, tonnes
    4.3     R = α · Σ β · q/Q, α by residents within 500 m outside the boundary, β by substance or class

Exact fractions throughout: 0.7 + 0.1 + 0.2 is 1. What is unknown (a class symbol, the residents) leaves R unknown and is
named; it is never taken as nothing. Tables come from data/codes and are passed in; this module reads no file.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from riskmap.errors import BadInput

Number = int | float | str | Decimal
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Holding:
    """One chemical of a unit. `symbols`: class symbols of table 2 (J1 … W11), from the safety data sheet.

    own_class: a mixture of another hazard class than the substance it is named after, counted by its own class alone (4.2.3).
    """

    chemical: str
    design_max_t: Number
    cas: str | None = None
    symbols: tuple[str, ...] = ()
    own_class: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """The working of one chemical. `beta` and `term` are None while its class symbol is not known, Q and q / Q too where table 1 lacks it."""

    chemical: str
    quantity_t: Decimal
    q_critical_t: Decimal | None
    q_source: str                    # e.g. 表1 no. 12, 表2 W5.3
    ratio: Decimal | None            # q / Q
    beta: Decimal | None
    beta_source: str                 # e.g. 表3, 表4 W5.3
    term: Decimal | None             # β · q / Q


@dataclass(frozen=True, slots=True)
class Assessment:
    """`is_major` from S alone; None while what is known is below 1 and the Q of something is not. `s` is the sum of what is known.

    `r` and `grade` are None when something in `unknown` stands in the way; `grade` also where S < 1.
    """

    s: Decimal
    is_major: bool | None
    alpha: Decimal | None
    r: Decimal | None
    grade: str | None                # 一级 二级 三级 四级
    lines: tuple[Line, ...]
    unknown: tuple[str, ...]


class Tables:
    """The standard's tables, from rows of data/codes: gb18218_table1, gb18218_table2, beta, alpha, hazard_grade."""

    def __init__(self, table1: Iterable[Row], table2: Iterable[Row], beta: Iterable[Row], alpha: Iterable[Row],
                 grades: Iterable[Row]) -> None:
        self.table1 = list(table1)
        self.by_name: dict[str, Row] = {}
        by_cas: dict[str, list[Row]] = {}
        for row in self.table1:
            for name in (row["zh"], *_parts(row["alias"])):
                # names that several rows share (硝化棉) do not identify one
                self.by_name[key(name)] = {} if key(name) in self.by_name else row
            for cas in _parts(row["cas"]):
                by_cas.setdefault(cas, []).append(row)
        self.by_cas = {cas: rows[0] for cas, rows in by_cas.items() if len(rows) == 1}
        self.shared_cas = {cas for cas, rows in by_cas.items() if len(rows) > 1}
        self.classes = {row["code"]: row for row in table2}
        beta = list(beta)
        self.beta_cas = {row["code"]: Fraction(row["beta"]) for row in beta if row["parent"] == "3"}
        self.beta_name = {key(row["zh"]): Fraction(row["beta"]) for row in beta if row["parent"] == "3"}
        self.beta_symbol = {row["code"]: Fraction(row["beta"]) for row in beta if row["parent"] == "4"}
        self.alpha = sorted(((int(row["population_min"]), Fraction(row["alpha"])) for row in alpha), reverse=True)
        self.grades = sorted(((Fraction(row["r_min"] or "0"), row["code"]) for row in grades), reverse=True)

    def sharing(self, name: str) -> list[Row]:
        """The rows of table 1 that share this name (硝化棉), where it does not identify one; else none."""
        if self.by_name.get(key(name)) != {}:
            return []
        return [row for row in self.table1 if key(name) in map(key, (row["zh"], *_parts(row["alias"])))]

    def named(self, holding: Holding) -> Row | None:
        """The row of table 1 that means this chemical: by name or alias, else by CAS."""
        if holding.own_class:
            return None
        found = self.by_name.get(key(holding.chemical))
        if found:
            return found
        cas = (holding.cas or "").strip()
        if cas in self.shared_cas:
            raise BadInput(f"{holding.chemical}: CAS {cas} 在表 1 中有多行 (several rows of table 1 share this CAS)",
                           where="chemical", remedy="用表 1 中写明含量的名称 use the name of table 1 that tells the content")
        return self.by_cas.get(cas)


def assess(holdings: Sequence[Holding], population_500m: int | None, tables: Tables, partial: bool = False) -> Assessment:
    """S, R and grade of one unit.

    population_500m: residents within 500 m outside the boundary, None unknown. Raises BadInput for a negative or unreadable
    quantity, a class symbol there is not, or a chemical that neither table covers; `partial` names that one as unknown instead.
    """
    lines, unknown, whole = [], [], True
    s, weighted = Fraction(0), Fraction(0)
    for at, holding in enumerate(holdings):
        q = _tonnes(holding.design_max_t, at)
        critical, q_source = _critical(holding, tables, at, partial)
        beta, beta_source = _beta(holding, tables)
        if critical is None:
            ratio, whole = None, whole and not q
            unknown += [f"{holding.chemical}: 表 1 无此物质, 缺危险性类别符号, Q 未知 not in table 1, class symbol missing"] if q else []
            lines.append(Line(holding.chemical, _decimal(q), None, "", None, None, "", None))
            continue
        ratio = q / critical
        s += ratio
        if beta is None and q:
            unknown.append(f"{holding.chemical}: 缺危险性类别符号 class symbol missing")
        elif beta is not None:
            weighted += beta * ratio
        lines.append(Line(holding.chemical, _decimal(q), _decimal(critical), q_source, _decimal(ratio),
                          _decimal(beta), beta_source, _decimal(None if beta is None else beta * ratio)))
    alpha = _alpha(population_500m, tables)
    if alpha is None:
        unknown.append("缺厂界外 500 m 常住人口 residents within 500 m missing")
    is_major = True if s >= 1 else False if whole else None
    r = None if unknown else alpha * weighted
    grade = next(code for low, code in tables.grades if r >= low) if is_major and r is not None else None
    return Assessment(_decimal(s), is_major, _decimal(alpha), _decimal(r), grade, tuple(lines), tuple(unknown))


def _critical(holding: Holding, tables: Tables, at: int, partial: bool) -> tuple[Fraction | None, str]:
    """4.1.2: table 1 if named there, else table 2 by class; of several classes the lowest."""
    row = tables.named(holding)
    for symbol in holding.symbols:
        if symbol not in tables.classes:
            raise BadInput(f"{holding.chemical}: 表 2 没有类别 {symbol} (no such class)",
                           where=f"holdings[{at}].symbols", remedy="J1 … W11")
    if row:
        return Fraction(row["q_critical_t"]), f"表1 no. {row['code']}"
    if not holding.symbols and partial:
        return None, ""
    if not holding.symbols:
        raise BadInput(f"{holding.chemical}: 表 1 无此物质, 也没有类别符号 (not in table 1 and no class symbol)",
                       where=f"holdings[{at}]", remedy="核对名称或填写类别符号 check the name or give the class symbol")
    symbol = min(holding.symbols, key=lambda one: Fraction(tables.classes[one]["q_critical_t"]))
    return Fraction(tables.classes[symbol]["q_critical_t"]), f"表2 {symbol}"


def _beta(holding: Holding, tables: Tables) -> tuple[Fraction | None, str]:
    """Table 3 by substance first, else table 4 by class; of several the largest (no rule is printed, this is the safe side)."""
    row = tables.named(holding)
    for cas in () if holding.own_class else (holding.cas, *(_parts(row["cas"]) if row else ())):
        if cas and cas.strip() in tables.beta_cas:
            return tables.beta_cas[cas.strip()], "表3"
    for name in () if holding.own_class else (holding.chemical, row["zh"] if row else ""):
        if key(name) in tables.beta_name:
            return tables.beta_name[key(name)], "表3"
    if not holding.symbols:
        return None, ""
    symbol = max(holding.symbols, key=lambda one: tables.beta_symbol[one])
    return tables.beta_symbol[symbol], f"表4 {symbol}"


def _alpha(population: int | None, tables: Tables) -> Fraction | None:
    """Table 5: steps at exactly 1, 30, 50 and 100 people."""
    if population is None:
        return None
    if population < 0:
        raise BadInput("人口不能为负 (people cannot be negative)", where="population_500m")
    return next(alpha for low, alpha in tables.alpha if population >= low)


def _tonnes(value: Number, at: int) -> Fraction:
    try:
        quantity = Decimal(str(value))
    except InvalidOperation:
        quantity = Decimal("NaN")
    if not quantity.is_finite() or quantity < 0:
        raise BadInput(f"设计最大量不可用: {str(value)[:40]} (not a quantity)",
                       where=f"holdings[{at}].design_max_t", remedy="吨, ≥ 0 tonnes")
    return Fraction(quantity)


def _decimal(value: Fraction | None) -> Decimal | None:
    """For showing: six decimals, half to even, without trailing zeros. Comparisons are made on the fraction."""
    if value is None:
        return None
    exact = (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.000001"))
    return exact.to_integral_value() if exact == exact.to_integral_value() else exact.normalize()


def _parts(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").replace("、", ";").split(";") if part.strip()]


def key(name: str) -> str:
    """A name as the tables compare it: whatever the width of its brackets, without blanks."""
    return unicodedata.normalize("NFKC", name or "").replace(" ", "").casefold()
