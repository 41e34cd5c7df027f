"""The registered level of records, by their layer's rule (method.md §1): 1 Ⅰ 重大 … 4 Ⅳ 低, 0 = cannot be told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from riskmap.core.layer import Label, Layer, LayerField

_GB18218 = {"一": 1, "二": 1, "三": 2, "四": 3, "1": 1, "2": 1, "3": 2, "4": 3, "Ⅰ": 1, "Ⅱ": 1, "Ⅲ": 2, "Ⅳ": 3}

BANDS = ((20, 1), (15, 2), (9, 3), (1, 4))  # R = L × S at least → level
NAMES = {1: Label(zh="Ⅰ 重大", en="Ⅰ major"), 2: Label(zh="Ⅱ 较大", en="Ⅱ high"), 3: Label(zh="Ⅲ 一般", en="Ⅲ moderate"),
         4: Label(zh="Ⅳ 低", en="Ⅳ low")}  # fmt: skip


def registered_level(layer: Layer, columns: Mapping[str, list[Any]], options: Callable[[LayerField], Sequence[Any]]) -> np.ndarray:
    """int8[n] from typed columns of n values.

    lxs: R = L × S, ≥ 20 → 1, ≥ 15 → 2, ≥ 9 → 3, else 4 · gb18218: 一级 and 二级 → 1, 三级 → 2, 四级 → 3 · field: as it stands.
    """
    n = len(columns["code"])
    level, rule = np.zeros(n, dtype=np.int8), layer.level
    if rule is None:
        return level
    if rule.rule == "lxs":
        likelihood, severity = (np.array([v or 0 for v in columns[f]], dtype=np.int64) for f in (rule.likelihood, rule.severity))
        r = likelihood * severity
        level[:] = np.select([r >= least for least, _ in BANDS], [one for _, one in BANDS], 0)
        return level
    name = rule.field or ""
    labels = {o.code: o.zh for o in options(layer.fields()[name])} if name in layer.fields() else {}
    known: dict[Any, int] = {None: 0}
    for value in {v for v in columns[name] if v is not None}:
        if rule.rule == "field":
            known[value] = int(value) if str(value) in ("1", "2", "3", "4") else 0
        else:
            said = labels.get(value, str(value)) + str(value)
            known[value] = next((_GB18218[c] for c in said if c in _GB18218), 0)
    level[:] = [known[v] for v in columns[name]]
    return level


def level_of(layer: Layer, values: Mapping[str, Any], options: Callable[[LayerField], Sequence[Any]]) -> int | None:
    """The level of one record whose fields may hold what was typed and refused; None where it cannot be told."""
    rule = layer.level
    if rule is None:
        return None
    columns: dict[str, list[Any]] = {"code": [None]}
    for name in (n for n in (rule.likelihood, rule.severity, rule.field) if n):
        value, field = values.get(name), layer.fields().get(name)
        whole = isinstance(value, int) and not isinstance(value, bool) and (field is None or (field.low or 0) <= value <= (field.high or value))
        columns[name] = [value if whole or (rule.rule != "lxs" and isinstance(value, str)) else None]
    return int(registered_level(layer, columns, options)[0]) or None


def explained(
    layer: Layer,
    values: Mapping[str, Any],
    level: int | None,
    options: Callable[[LayerField], Sequence[Any]],
    parent: Mapping[str, Any] | None = None,
) -> list[Label]:
    """How the level of one record comes about, a line a step. `values`: its typed fields; `parent`: {name, effective_level} of its major hazard."""
    rule, lines = layer.level, list[Label]()
    if rule is None:
        return lines
    fields = layer.fields()
    named = [fields[n] for n in (rule.likelihood, rule.severity, rule.field) if n]
    lacking = [f for f in named if not isinstance(values.get(f.name), (int, float, str)) or values.get(f.name) == ""]
    if lacking or not level:
        zh, en = ("、".join(f.label.zh for f in lacking), ", ".join(f.label.en for f in lacking))
        lines.append(Label(zh=f"缺{zh or '定级依据'}，不能定级：按未评估，不是低风险", en=f"Not rated (not low): {en or 'no ground'} missing"))
    elif rule.rule == "lxs":
        a, b = (int(values[n]) for n in (rule.likelihood, rule.severity) if n)
        lines.append(Label(zh=f"{named[0].label.zh} × {named[1].label.zh} = {a} × {b} = {a * b}",
                           en=f"{named[0].label.en} × {named[1].label.en} = {a} × {b} = {a * b}"))  # fmt: skip
        above, least = 0, 1
        for floor, one in BANDS:
            if one == level:
                least = floor
                break
            above = floor
        bound = f"{a * b} ≥ {least}" if not above else f"{least} ≤ {a * b} < {above}"
        lines.append(Label(zh=f"{bound}，等级 {NAMES[level].zh}", en=f"{bound}, level {NAMES[level].en}"))
    else:
        said = next((o for o in options(named[0]) if o.code == values[named[0].name]), None)
        zh, en = (said.zh, said.en or said.zh) if said else (str(values[named[0].name]),) * 2
        lines.append(Label(zh=f"{named[0].label.zh}：{zh}，等级 {NAMES[level].zh}", en=f"{named[0].label.en}: {en}, level {NAMES[level].en}"))
    above_ = parent.get("effective_level") if parent else None
    if parent and above_:
        worse = min(v for v in (level or 9, above_))
        lines.append(Label(zh=f"所属重大危险源「{parent['name']}」为 {NAMES[above_].zh}，取较重者：{NAMES[worse].zh}",
                           en=f"Its major hazard “{parent['name']}” is {NAMES[above_].en}; the worse counts: {NAMES[worse].en}"))  # fmt: skip
    return lines
