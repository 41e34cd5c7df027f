"""Planning looks records up by index, as the real login role with the wall of row-level security up: never the layer for every row."""

from __future__ import annotations

import pytest

from riskmap.core.actor import Actor
from riskmap.store.database import Database
from riskmap.store.query import sql

STATEMENTS = {
    "imports_meet": ({"layer": "shelter", "parents": ["enterprise"]}, "feature_code"),
    "imports_beside": ({"layer": "shelter", "soft_m": 100.0}, "feature_geom_idx"),
}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_plan_meets_records_by_index(db: Database, officer: Actor, statement: str) -> None:
    given, index = STATEMENTS[statement]
    with db.as_user(officer, write=True) as conn:
        conn.execute(sql("imports_stage"))
        conn.execute("SET LOCAL enable_seqscan = off")  # an empty table is read whole by choice; here by need alone
        explained = conn.execute("EXPLAIN " + sql(statement), given).fetchall()
    plan = "\n".join(str(next(iter(line.values()))) for line in explained)
    assert index in plan and "Seq Scan on feature" not in plan, plan
