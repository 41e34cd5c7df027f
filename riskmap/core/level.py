"""The registered level of records, by their layer's rule (method.md §1): 1 Ⅰ 重大 … 4 Ⅳ 低, 0 = cannot be told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from riskmap.core.layer import Layer, LayerField

_GB18218 = {"一": 1, "二": 1, "三": 2, "四": 3, "1": 1, "2": 1, "3": 2, "4": 3, "Ⅰ": 1, "Ⅱ": 1, "Ⅲ": 2, "Ⅳ": 3}


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
        level[:] = np.select([r >= 20, r >= 15, r >= 9, r >= 1], [1, 2, 3, 4], 0)
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
