"""The sheet of a plan in the reader's language: the plan's own numbers in the catalogue's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riskmap.core.response import sheet as parts
from riskmap.flows.register import Desk


def sheet(desk: Desk, plan: Mapping[str, Any], held: Mapping[str, Any] | None, kept: Mapping[str, Any] | None, english: bool) -> dict[str, Any]:
    """Ordered sections of a plan (`plan`: its outcome); see riskmap/core/response/sheet.py. `kept`: the plan's row, none for a trial."""
    words = {"event": {code: f"{one['zh']} / {one['en']}" for code, one in desk.catalogue.response.kinds.items()}}
    for table, role, field in (("site", "occupants", "site_kind"), ("team", "team", "team_kind")):
        words[table] = {}
        for name in desk.catalogue.with_role(role):
            layer = desk.catalogue.layer(name)
            words[table] |= {o.code: f"{o.zh} / {o.en or o.zh}" for o in desk.catalogue.options(layer.fields()[field])}
    return parts.sheet(plan, held, kept, words, english)
