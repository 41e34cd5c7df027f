"""The table of roles holds together, keeps the three offices apart, and is what the database believes too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from riskmap.core.actor import OFFICER, OPERATOR, Actor
from riskmap.core.role import HOMES, MAY, OPERATIONS, ROLES, TWICE, home, may, scope
from riskmap.store.database import Database


def test_the_table_speaks_of_known_things_only() -> None:
    assert set(MAY) == set(ROLES) | {"operator", "engine", "gate"}
    assert set().union(*MAY.values()) <= set(OPERATIONS)
    assert set(HOMES) == set(ROLES) and set(ROLES) >= TWICE
    text = Path("migrations/0009_account.sql").read_text(encoding="utf-8")
    listed = re.search(r"role\s+text NOT NULL CHECK \(role IN \((.*?)\)\)", text, re.S)
    assert listed and set(re.findall(r"'(\w+)'", listed[1])) == set(ROLES)


def test_three_offices() -> None:
    """Who runs the system or the accounts sees no record and no audit; the auditor changes nothing; nobody else reads the audit."""
    for role in ("system_admin", "security_admin", "auditor"):
        assert scope(role, "city") == "none" and not may(role, "map.read") and home(role) == ("/audit" if role == "auditor" else "/roles")
    changes = {"feature.propose", "feature.decide", "feature.put", "import.run", "account.manage", "system.manage", "stock.move", "stock.approve"}
    assert not MAY["auditor"] & changes
    assert {r for r in ROLES if may(r, "audit.read")} == {"auditor"}
    assert {r for r in ROLES if may(r, "account.manage")} == {"security_admin"}
    assert {r for r in ROLES if may(r, "system.manage")} == {"system_admin"}


def test_who_writes_in_force_is_the_city_alone() -> None:
    assert {r for r in ROLES if may(r, "feature.put")} == {OFFICER.role}
    assert may(OPERATOR.role, "feature.put") and not MAY["gate"] and not may("nobody", "map.read")


def test_sight() -> None:
    assert scope("reviewer", "city") == "city" and scope("reviewer", "district") == "org"
    assert scope("enterprise", "street") == "none"


@pytest.mark.parametrize("role", [*MAY, "nobody", ""])
def test_the_database_believes_the_same(db: Database, role: str) -> None:
    with db.as_user(Actor("someone", "x", role, 1, "city", (1,))) as conn:
        said = conn.execute(
            "SELECT app.reads() AS r, app.may_put() AS p, app.audits() AS a, app.sees_all() AS s, app.orgs() AS o, "
            "app.may_move_stock() AS move, app.may_approve_stock() AS approve, app.may_report_shelter() AS shelter, "
            "app.may_read_incident() AS incident, app.may_command() AS command"
        ).fetchone()
    assert said is not None
    assert (said["r"], said["p"]) == (may(role, "map.read"), may(role, "feature.put"))
    assert (said["move"], said["approve"]) == (may(role, "stock.move"), may(role, "stock.approve"))
    assert (said["incident"], said["command"]) == (may(role, "incident.read"), may(role, "incident.command"))
    assert said["shelter"] == may(role, "shelter.report")
    assert said["a"] == (may(role, "audit.read") or role == "engine")
    assert said["s"] == said["r"] and said["o"] == ([1] if said["r"] else [])
