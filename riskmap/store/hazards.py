"""Major hazards: the chemicals on record and the assessments kept with their working."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from riskmap.store.query import Conn, row, rows, run

LINE = ("chemical", "cas", "class_symbol", "quantity_t", "design_max_t", "amount", "unit", "density", "share_percent", "mixture", "supersedes",
        "withdrawn")  # fmt: skip


def holdings(conn: Conn, id: int) -> list[dict[str, Any]]:
    """Chemicals that stand on record at this major hazard, in the order in which they were put there."""
    return rows(conn, "hazards_holdings", id=id)


def put_holdings(
    conn: Conn, feature: int, steward: int, change: int | None, lines: Sequence[Mapping[str, Any]], actor: str, now: dt.datetime
) -> None:
    """Append lines, each new, superseding an older one or withdrawing it; the older ones stay."""
    columns = {name: [line[name] for line in lines] for name in LINE}
    run(conn, "hazards_put_holdings", feature=feature, steward=steward, change=change, actor=actor, now=now, **columns)


def put_assessment(
    conn: Conn, feature: int, steward: int, change: int | None, work: dict[str, Any], actor: str, now: dt.datetime
) -> int:
    """Keep an assessment, its working whole. Returns its id."""
    found = row(conn, "hazards_put_assessment", feature=feature, steward=steward, change=change, actor=actor, now=now, working=work,
                **{key: work[key] for key in ("s", "is_major", "alpha", "r", "grade", "population_500m")})  # fmt: skip
    assert found is not None
    return found["id"]


def assessments(conn: Conn, id: int) -> list[dict[str, Any]]:
    """Every assessment kept of this major hazard, newest first."""
    return rows(conn, "hazards_assessments", id=id)
