"""The matrix of the wall: every table × select, insert, update, delete × every role × own, other, none and all, as riskmap_app itself.

The tables come from the catalogue; one that is not declared in tests/store/wall.py fails. What the declaration does not give is refused.
"""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from riskmap.core.actor import Actor
from riskmap.core.role import MAY
from riskmap.store.cluster import Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect
from tests.house.test_wall import OUTSIDE, OWNED, tables
from tests.store.wall import WALL, Anywhere, City

MINE, THEIRS = 2, 3
# relation → (the asker's scope, whose rows are asked for)
RELATIONS = {"own": ("org", MINE), "other": ("org", THEIRS), "none": ("none", MINE), "all": ("city", THEIRS)}
# A row in every table that is not an organisation's and that the reference data leaves empty.
ALONE = """
SELECT set_config('app.role', 'operator', false);
INSERT INTO audit (actor, role, operation) VALUES ('a', 'x', 'test');
INSERT INTO audit_seal (audit_id, number, previous, hash) SELECT id, 1, '', 'h' FROM audit LIMIT 1;
INSERT INTO idempotency (actor, key, route, request_hash) VALUES ('someone-else', 'key-of-another', 'r', 'h');
INSERT INTO dataset (kind, name, source, valid_on) VALUES ('population', 'n', 's', '2026-01-01');
INSERT INTO population_cell SELECT id, 1, '110101', 5 FROM dataset LIMIT 1;
INSERT INTO fragment SELECT id, 1, '110101', 5 FROM dataset LIMIT 1;
INSERT INTO grading_run (kind, method_id, as_of, datasets, sources, cells, engine_ms, digest, started_at)
  SELECT 'full', id, '2026-01-01', '{}', 0, 0, 1, 'd', now() FROM method LIMIT 1;
INSERT INTO cell_grade (cell, hazard_micro, residents_milli, coping_micro, risk_micro, level, sources, run_id)
  SELECT 1, 1, 1, 1, 1, 1, 1, id FROM grading_run;
INSERT INTO district_grade (district_code, run_id) SELECT '110101', id FROM grading_run;
INSERT INTO closing (district_code, closed_on) VALUES ('110101', '2026-01-01');
INSERT INTO grade_override (district_code, shown, reason, expires_on, actor) VALUES ('110101', 1, 'reason', '2026-01-01', 'a');
INSERT INTO account (login, name, org, role, password_hash, password_set_at, created_by, created_at)
  VALUES ('someone-else', 'n', 1, 'auditor', 'h', now(), 'a', now());
INSERT INTO session (key, account_id, kind, created_at, seen_at, expires_at)
  SELECT decode(repeat('00', 32), 'hex'), id, 'full', now(), now(), now() FROM account;
INSERT INTO oidc_flow VALUES (decode(repeat('00', 32), 'hex'), 's', 'n', 'v', '/', now(), now());
INSERT INTO api_key (prefix, key_hash, name, org, created_by, created_at, expires_at)
  VALUES ('aaaaaaaa', decode(repeat('00', 32), 'hex'), 'n', 1, 'a', now(), now() + interval '1 day');
SELECT set_config('app.actor', 'a', false), set_config('app.scope', 'city', false);
INSERT INTO incident (geom, reported_at) VALUES (ST_SetSRID(ST_MakePoint(116, 40), 4326), now());
INSERT INTO incident_log (incident_id, move, state, facts, happened_at)
  SELECT id, 'open', 'open', '{"title": "t", "kind": "accident.fire"}', now() FROM incident;
INSERT INTO plan (incident_id, inputs, assumptions, outcome, hash) SELECT id, '{}', '[]', '{}', repeat('0', 64) FROM incident;
INSERT INTO report (incident_id, kind, elements)
  SELECT id, 'first', '{"title": "t", "nature": "accident.fire", "level": null, "happened_at": null, "reported_at": "2026-11-25T01:00:00+08:00",
    "place": "p",
    "unit": null, "source": null, "cause": null, "scene": null, "deaths": null, "missing": null, "serious": null, "injured": null, "moved": null,
    "loss_wan": null, "scope": null, "measures": null, "trend": null, "advice": null}' FROM incident;
INSERT INTO reservation (incident_id, feature_id, kind, quantity, out_of, expires_at)
  SELECT i.id, f.id, 'places', 1, 5, now() + interval '1 hour' FROM incident i, feature f LIMIT 1;
INSERT INTO signin_attempt (at, address, refused) VALUES (now(), 'x', false);
"""


@pytest.fixture
def filled(dsns: Dsns, db: Database) -> Database:
    """A row of each organisation in every table of records, and at least one in every other."""
    db.staff_layers = ()  # all staff see a shelter; here it stands for a record like any other
    for org in (MINE, THEIRS):
        with db.as_user(Actor(f"a{org}", "a", "risk_officer", org, "org", (org,)), write=True) as conn:
            for statement in OWNED.values():
                conn.execute(statement, {"o": org})
    with connect(dsns.superuser) as conn:
        conn.execute(ALONE)
        named = [t["name"] for t in tables(dsns) if t["kind"] == "r" and t["name"] not in OUTSIDE]
        empty = [n for n in named if not conn.execute(f"SELECT EXISTS (SELECT 1 FROM {n}) AS e").fetchone()["e"]]
    assert empty == []
    return db


def test_every_table_is_declared_and_has_forced_row_level_security(dsns: Dsns) -> None:
    found = {t["name"]: t for t in tables(dsns) if t["kind"] in ("r", "p") and t["name"] not in OUTSIDE}
    assert set(found) == set(WALL)
    assert [n for n, t in found.items() if not (t["enabled"] and t["forced"])] == []


def passes(conn: Any, statement: str) -> bool:
    """Whether the wall lets a statement through: it touches a row, or fails on what the row says only after the wall was passed."""
    try:
        with conn.transaction(force_rollback=True):
            touched = conn.execute(statement).rowcount
            conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
            return touched > 0
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.RestrictViolation):
        return False
    except psycopg.errors.IntegrityError:
        return True


def statements(conn: Any, table: str, org: int) -> dict[str, str]:
    """One try of each command; the update takes a column riskmap_app may write, if there is one."""
    columns = conn.execute(
        """SELECT attname AS name, has_column_privilege('riskmap_app', attrelid, attnum, 'UPDATE') AS writable FROM pg_attribute
           WHERE attrelid = %s::regclass AND attnum > 0 AND attgenerated = '' AND attidentity <> 'a' AND NOT attisdropped ORDER BY attnum""",
        (table,),
    ).fetchall()
    owned = any(c["name"] == "steward_org" for c in columns) and table != "audit"
    where = f"WHERE steward_org = {org}" if owned else ""
    writable = next((c["name"] for c in columns if c["writable"] and c["name"] != "steward_org"), columns[0]["name"])
    return {
        "S": f"SELECT 1 FROM {table} {where} LIMIT 1",
        "I": f"INSERT INTO {table} (steward_org) VALUES ({org})" if owned else f"INSERT INTO {table} DEFAULT VALUES",
        # a real change where a trigger asks what changed
        "U": f"UPDATE feature SET name = name || '!' {where}"
        if table == "feature"
        else f"UPDATE {table} SET {writable} = {writable} {where}",
        "D": f"DELETE FROM {table} {where}",
    }


def declared(table: str, command: str, role: str, relation: str) -> bool:
    given = WALL[table].get(command, frozenset())
    if isinstance(given, Anywhere):
        return role in given
    return role in given and relation in (("all",) if isinstance(given, City) else ("own", "all"))


@pytest.mark.parametrize("role", [*MAY, "nobody"])
def test_the_wall_is_as_declared(filled: Database, role: str) -> None:
    wrong = []
    for relation, (scope, org) in RELATIONS.items():
        with filled.as_user(Actor("tried", "x", role, MINE, scope, (MINE,)), write=True) as conn:
            for table in WALL:
                for command, statement in statements(conn, table, org).items():
                    if passes(conn, statement) != (said := declared(table, command, role, relation)):
                        wrong.append(f"{table} {command} {relation}: declared {'yes' if said else 'no'}")
    assert wrong == []


def test_a_session_of_nobody_meets_nothing(filled: Database, dsns: Dsns) -> None:
    with psycopg.connect(dsns.app) as bare:
        for table in WALL:
            try:
                with bare.transaction():
                    assert bare.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table  # type: ignore[arg-type]
            except psycopg.errors.InsufficientPrivilege:
                pass


def test_the_own_account_and_the_own_keys_are_ones_own(filled: Database) -> None:
    with filled.as_user(Actor("someone-else", "x", "auditor", 1, "none")) as conn:
        assert [r["login"] for r in conn.execute("SELECT login FROM account").fetchall()] == ["someone-else"]
        assert conn.execute("SELECT key FROM idempotency").fetchall() == [{"key": "key-of-another"}]
        assert len(conn.execute("SELECT 1 FROM session").fetchall()) == 1
    with filled.as_user(Actor("another", "x", "auditor", 1, "none")) as conn:
        assert conn.execute("SELECT 1 FROM session").fetchall() == []


def test_nobody_takes_an_account_away_or_a_name_of_ours(filled: Database, dsns: Dsns) -> None:
    with connect(dsns.superuser) as conn:
        with pytest.raises(psycopg.errors.RestrictViolation):
            conn.execute("DELETE FROM account")
        for login in ("officer", "operator", "engine", "gate", "Upper", ""):
            with pytest.raises((psycopg.errors.CheckViolation, psycopg.errors.InsufficientPrivilege)):
                conn.execute("UPDATE account SET login = %s", (login,))
