"""The whole working of an assessment by GB 18218-2018, line by line, each with its clause or table: as shown, printed and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from riskmap.core.chemical import Assessment, Holding, Line, Tables, assess
from riskmap.core.finding import Finding, finding
from riskmap.core.holding import plain

STANDARD = "GB 18218-2018"
BELOW_ZH = "S < 1，不构成重大危险源，不定级。情况属实的，按一般风险源登记，或申请注销这条重大危险源；在此之前级别不会自动改动"
BELOW_EN = (
    "S < 1: not a major hazard installation, no grade. If so, register it as a risk source or propose to retire this record; "
    "no grade is changed by itself"
)


def worked(
    kept: Sequence[Mapping[str, Any]], holdings: Sequence[Holding], people: int | None, tables: Tables, editions: Mapping[str, str]
) -> dict[str, Any]:
    """The assessment as JSON: figures as decimal text, None while unknown. Raises BadInput as core.chemical.assess.

    {standard, tables, population_500m, s, s_whole, is_major, alpha, r, grade, unknown, lines, steps: [{clause, what, text, note}]}
    """
    found = assess(holdings, people, tables, partial=True)
    lines = [dict(given) | _line(line) for given, line in zip(kept, found.lines, strict=True)]
    return {
        "standard": STANDARD,
        "tables": dict(editions),
        "population_500m": people,
        "s": _figure(found.s),
        "s_whole": all(line.ratio is not None or not line.quantity_t for line in found.lines),
        "is_major": found.is_major,
        "alpha": _figure(found.alpha),
        "r": _figure(found.r),
        "grade": found.grade,
        "unknown": list(found.unknown),
        "lines": lines,
        "steps": _steps(lines, found, people),
    }


def computed(work: Mapping[str, Any]) -> dict[str, Any]:
    """What the record takes from it: field → value; nothing while R is unknown or S < 1."""
    if work["grade"] is None:
        return {}
    return {"hazard_grade": work["grade"], "r_value": float(work["r"])}


def doubts(work: Mapping[str, Any], typed: Mapping[str, Any]) -> list[Finding]:
    """What a reviewer is to know of it. `typed`: hazard_grade and r_value as a person gave them, where one did."""
    out = []

    def tell(field: str, value: Any, code: str, reason: str, remedy: str) -> None:
        out.append(finding(0, "", field, value, code, "warn", reason, remedy))

    if work["unknown"]:
        tell("hazard_grade", "", "gb18218-unknown", f"按 {STANDARD} 还算不出级别：{'；'.join(work['unknown'])} / R is unknown",
             "补齐后再算；未知不按 0 计 / supply it; what is unknown is never taken as nothing")  # fmt: skip
    if work["is_major"] is False:
        tell("hazard_grade", work["s"], "gb18218-below", f"S = {work['s']}，{BELOW_ZH} / {BELOW_EN}", "核对设计最大量 / check the design maximum")
    grade, r = typed.get("hazard_grade"), typed.get("r_value")
    if grade is not None and work["grade"] != grade and (work["grade"] or work["is_major"] is False):
        tell("hazard_grade", grade, "gb18218-differs", f"填写的级别是{grade}，按 {STANDARD} 算得{work['grade'] or '不构成重大危险源'} / "
             "the grade typed is not the one computed", "清空这一格即用算得的级别 / empty the field to take the computed one")  # fmt: skip
    if r is not None and work["r"] is not None and not _same(r, work["r"]):
        tell("r_value", r, "gb18218-differs", f"填写的 R 是 {r}，按 {STANDARD} 算得 {work['r']} / the R typed is not the one computed",
             "清空这一格即用算得的 R / empty the field to take the computed one")  # fmt: skip
    return out


def _same(typed: Any, figure: str) -> bool:
    """Equal to as many decimals as were typed."""
    given = Decimal(str(typed))
    places = max(0, -int(given.normalize().as_tuple().exponent))
    return abs(given - Decimal(figure)) <= Decimal(1).scaleb(-places) / 2


def _line(line: Line) -> dict[str, Any]:
    return {"q_critical_t": _figure(line.q_critical_t), "q_source": line.q_source, "ratio": _figure(line.ratio),
            "beta": _figure(line.beta), "beta_source": line.beta_source, "term": _figure(line.term)}  # fmt: skip


def _steps(lines: Sequence[Mapping[str, Any]], found: Assessment, people: int | None) -> list[dict[str, str]]:
    out: list[dict[str, str]] = []

    def say(clause: str, what: str, text: str, note: str = "") -> None:
        out.append({"clause": clause, "what": what, "text": text, "note": note})

    for i, line in enumerate(lines, 1):
        say("4.2.2", f"q{i}", f"{line['chemical']}: q = {_quantity(line)}", "设计最大量 design maximum")
        if line["mixture"] == "same_class":
            say("4.2.3", f"q{i}", "混合物与纯物质危险性类别相同，整体计为该物质", "mixture of the substance's own class: the whole counts")
        elif line["mixture"] == "own_class":
            say("4.2.3", f"q{i}", "混合物按自身危险性类别取 Q 和 β", "mixture of another class: its own Q and β")
        if line["q_critical_t"] is None:
            say("4.1.2", f"Q{i}", "Q 未知 unknown", "表 1 无此物质且缺类别符号 not in table 1, class symbol missing")
            continue
        say(f"4.1.2 {_table(line['q_source'])}", f"Q{i}", f"Q = {line['q_critical_t']} t", _of_several(line))
        say("4.2.1", f"q{i}/Q{i}", f"{line['design_max_t']} ÷ {line['q_critical_t']} {_equals(line)} {line['ratio']}")
    terms = " + ".join(line["ratio"] or "?" for line in lines) or "0"
    s = _figure(found.s)
    mark = "=" if all(line["ratio"] is not None for line in lines) else "≥"
    verdict = {True: "S ≥ 1，构成重大危险源 a major hazard installation", False: f"{BELOW_ZH} {BELOW_EN}",
               None: "S 未知，不能判定 cannot be told"}[found.is_major]  # fmt: skip
    if found.is_major is False and s == "1":
        verdict = f"（略小于 1 just below）{verdict}"
    say("4.2.1", "S", f"S = {terms} {mark} {s}", verdict)
    if found.is_major is False:
        return out
    for i, line in enumerate(lines, 1):
        if line["beta"] is None:
            say("4.3 表3、表4", f"β{i}", f"{line['chemical']}: β 未知 unknown", "缺危险性类别符号 class symbol missing")
        else:
            say(f"4.3 {_table(line['beta_source'])}", f"β{i}", f"{line['chemical']}: β = {line['beta']}", "")
    alpha = _figure(found.alpha)
    if alpha is None:
        say("4.3 表5", "α", "α 未知 unknown", "缺厂界外 500 m 常住人口 residents within 500 m outside the boundary missing")
    else:
        say("4.3 表5", "α", f"厂界外 500 m 常住人口 {people} 人 residents: α = {alpha}")
    if found.r is None:
        say("4.3", "R", "R 未知 unknown", "；".join(found.unknown))
        return out
    inside = " + ".join(f"{line['beta'] or 0} × {line['ratio'] or 0}" for line in lines)
    say("4.3", "R", f"R = {alpha} × ({inside}) = {_figure(found.r)}")
    if found.grade:
        say("4.3 表6", "级别", found.grade, "一级 R ≥ 100，二级 ≥ 50，三级 ≥ 10，四级 < 10")
    return out


def _quantity(line: Mapping[str, Any]) -> str:
    if line["unit"] == "kg":
        return f"{line['amount']} kg = {line['design_max_t']} t"
    if line["unit"] == "m3":
        return f"{line['amount']} m³ × {line['density']} t/m³ = {line['design_max_t']} t"
    return f"{line['design_max_t']} t"


def _table(source: str) -> str:
    return source.replace("表1 no. ", "表1 第 ") + (" 项" if "no. " in source else "")


def _of_several(line: Mapping[str, Any]) -> str:
    return "多种危险性取最低的 Q the lowest of several" if len(line["symbols"]) > 1 and line["q_source"].startswith("表2") else ""


def _equals(line: Mapping[str, Any]) -> str:
    exact = Fraction(line["design_max_t"]) / Fraction(line["q_critical_t"]) == Fraction(line["ratio"])
    return "=" if exact else "≈"


def _figure(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
