"""The database's own wall: forced row-level security on every table, no view around it, no role that may pass it."""

from __future__ import annotations

import psycopg
import pytest

from riskmap.core.actor import Actor
from riskmap.store.cluster import Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect

OUTSIDE = {"spatial_ref_sys", "schema_migration"}  # PostGIS' own; the migrations' journal, which no login role may read


def tables(dsns: Dsns) -> list[dict[str, object]]:
    with connect(dsns.superuser) as conn:
        return conn.execute("""
            SELECT c.relname AS name, c.relkind AS kind, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
                   pg_get_userbyid(c.relowner) AS owner, coalesce(c.reloptions, '{}') AS options,
                   (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) AS policies
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname IN ('public', 'app') AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
              AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')""").fetchall()


def test_every_table_has_forced_row_level_security_and_a_policy(dsns: Dsns) -> None:
    found = [t for t in tables(dsns) if t["kind"] in ("r", "p") and t["name"] not in OUTSIDE]
    assert len(found) >= 20
    assert [t["name"] for t in found if not (t["enabled"] and t["forced"] and t["policies"])] == []
    assert {t["owner"] for t in found} == {"riskmap_owner"}


def test_views_see_with_the_readers_eyes_and_nothing_goes_around(dsns: Dsns) -> None:
    found = tables(dsns)
    views = [t for t in found if t["kind"] == "v"]
    assert views and [v["name"] for v in views if "security_invoker=true" not in v["options"]] == []
    assert [t["name"] for t in found if t["kind"] in ("m", "f")] == []


def test_the_login_roles_pass_nothing(dsns: Dsns) -> None:
    with connect(dsns.superuser) as conn:
        roles = conn.execute("""SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolinherit FROM pg_roles
                                WHERE rolname IN ('riskmap_app', 'riskmap_engine', 'riskmap_owner')""").fetchall()
        assert len(roles) == 3
        assert [r["rolname"] for r in roles if r["rolsuper"] or r["rolbypassrls"] or r["rolcreaterole"] or r["rolcreatedb"]] == []
        granted = conn.execute("""SELECT table_name, privilege_type FROM information_schema.role_table_grants
                                  WHERE grantee = 'riskmap_app'
                                  AND privilege_type IN ('TRUNCATE', 'TRIGGER', 'REFERENCES')""").fetchall()
        assert granted == []


# Functions that run with another's eyes, each with why. All are riskmap_sight's, whom nobody signs in as; tests/flows/test_sight.py
# proves that they tell nothing else.
DEFINERS = {
    "level_above": "a record takes the worse of its own level and its major hazard's, also where the hazard is another unit's",
    "follow": "what hangs on a major hazard follows its level in whatever unit; says nothing",
    "begin_numbers": "the first code of a district comes after every one ever given in it; says nothing, the owner alone calls it",
    "next_code": "a code is given once in the city, not once in what the asker sees",
    "shelter_told": "who reports a shelter's state writes that one field of the record in force; a trigger, says nothing",
    "secrets": "hashes and second factors are told to the sign-in alone, one account at a time",
    "key_of": "which key of a program has this digest: told to the sign-in alone",
    "hand_over": "who takes a record over does not see it yet; exactly what both sides confirmed, says nothing",
}


def test_who_sees_with_other_eyes_is_declared(dsns: Dsns) -> None:
    with connect(dsns.superuser) as conn:
        found = conn.execute("""SELECT proname AS name, pg_get_userbyid(proowner) AS owner, proconfig AS config,
                                       has_function_privilege('riskmap_app', p.oid, 'EXECUTE') AS app,
                                       has_function_privilege('riskmap_engine', p.oid, 'EXECUTE') AS engine,
                                       prorettype::regtype::text AS gives
                                FROM pg_proc p WHERE prosecdef
                                AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')""").fetchall()
        assert {f["name"] for f in found} == set(DEFINERS)
        assert {f["owner"] for f in found} == {"riskmap_sight"}
        assert {tuple(f["config"]) for f in found} == {("search_path=pg_catalog, public, pg_temp",)}
        assert {f["name"]: f["gives"] for f in found} == {
            "level_above": "smallint", "follow": "void", "begin_numbers": "void", "next_code": "text", "hand_over": "void",
            "shelter_told": "trigger", "secrets": "record", "key_of": "integer"}  # fmt: skip
        assert [f["name"] for f in found if f["engine"]] == []
        assert [f["name"] for f in found if not f["app"] and f["gives"] != "trigger"] == ["begin_numbers"]
        sight = conn.execute("""SELECT rolcanlogin OR rolsuper OR rolbypassrls OR rolcreaterole OR rolinherit AS able
                                FROM pg_roles WHERE rolname = 'riskmap_sight'""").fetchone()
        assert sight == {"able": False}
        for role in ("riskmap_app", "riskmap_engine"):
            assert conn.execute("SELECT pg_has_role(%s, 'riskmap_sight', 'MEMBER') AS m", (role,)).fetchone() == {"m": False}
        assert conn.execute("SELECT pg_has_role('riskmap_owner', 'riskmap_sight', 'USAGE') AS u").fetchone() == {"u": False}


def actor(org: int, scope: str = "org") -> Actor:
    return Actor(id=f"a{org}", name="a", role="risk_officer", org=org, scope=scope, orgs=(org,))


# Tables that carry an owner's rows, and how one is put there for organisation %(o)s.
OWNED = {
    "feature": "INSERT INTO feature (layer, code, name, steward_org) VALUES ('risk_source', 'T-' || %(o)s, 'n', %(o)s)",
    "confirmation": """WITH c AS (INSERT INTO confirmation (sitting, feature_id, steward_org, layer, version, verified_on, actor, recorded_at)
                                  SELECT gen_random_uuid(), id, steward_org, layer, version + 1,
                                         (now() AT TIME ZONE 'Asia/Shanghai')::date, app.actor(), now()
                                  FROM feature WHERE steward_org = %(o)s RETURNING *),
                            f AS (UPDATE feature SET verified_on = c.verified_on, version = c.version FROM c WHERE feature.id = c.feature_id
                                  RETURNING feature.id, feature.version, feature.layer, feature.steward_org, app.feature_row(feature) AS held)
                       INSERT INTO feature_version (feature_id, version, layer, steward_org, operation, "row", actor)
                       SELECT id, version, layer, steward_org, 'confirm', held, app.actor() FROM f""",
    "import_batch": """INSERT INTO import_batch (layer, steward_org, actor, file_name, file_hash, crs, state)
                       VALUES ('risk_source', %(o)s, 'a', 'f', 'h', 'wgs84', 'planned')""",
    "import_row": """INSERT INTO import_row (batch_id, row_no, steward_org, outcome)
                     SELECT id, 1, steward_org, 'new' FROM import_batch WHERE steward_org = %(o)s""",
    "feature_change": """INSERT INTO feature_change (layer, kind, feature_id, base_version, steward_org, payload, state, maker)
                         SELECT layer, 'change', id, 1, steward_org, '{}', 'draft', app.actor() FROM feature WHERE steward_org = %(o)s""",
    "feature_change_event": "SELECT 1 FROM feature_change_event WHERE steward_org = %(o)s",  # written by the move itself
    "attachment": """INSERT INTO attachment (change_id, steward_org, kind, name, hash, body, actor, recorded_at)
                     SELECT id, steward_org, 'png', 'n', encode(sha256(app.actor()::bytea), 'hex'), 'x', app.actor(), now()
                     FROM feature_change WHERE steward_org = %(o)s""",
    "feature_version": """INSERT INTO feature_version (feature_id, version, layer, steward_org, operation, actor)
                          SELECT id, 1, layer, steward_org, 'create', 'a' FROM feature WHERE steward_org = %(o)s""",
    "holding": """INSERT INTO holding (feature_id, steward_org, chemical, design_max_t, actor)
                  SELECT id, steward_org, '氯', 1, 'a' FROM feature WHERE steward_org = %(o)s""",
    "hazard_assessment": """INSERT INTO hazard_assessment (feature_id, steward_org, s, working, actor)
                            SELECT id, steward_org, 1, '{}', 'a' FROM feature WHERE steward_org = %(o)s""",
    "hidden_danger": """INSERT INTO hidden_danger (feature_id, steward_org, code, title, grade, found_on, actor)
                        SELECT id, steward_org, 'D-' || id, 't', 'major', '2026-01-01', 'a'
                        FROM feature WHERE steward_org = %(o)s""",
    "hidden_danger_event": """INSERT INTO hidden_danger_event (danger_id, steward_org, state, happened_on, actor)
                              SELECT id, steward_org, 'listed', '2026-01-01', 'a' FROM hidden_danger WHERE steward_org = %(o)s""",
    "inspection": """INSERT INTO inspection (feature_id, steward_org, kind, unit, inspectors, result, findings, happened_on, actor)
                     SELECT id, steward_org, 'routine', 'uu', 'ii', 'found', 'ff', '2026-01-01', app.actor()
                     FROM feature WHERE steward_org = %(o)s""",
    "inspection_danger": """WITH i AS (SELECT id, steward_org FROM inspection WHERE steward_org = %(o)s)
                            INSERT INTO inspection_danger (inspection_id, steward_org, danger_id)
                            SELECT i.id, i.steward_org, d.id FROM i JOIN hidden_danger d USING (steward_org)""",
    "violation": """INSERT INTO violation (feature_id, steward_org, kind, fact, basis, measure, decided_on, actor)
                    SELECT id, steward_org, 'fire', 'ff', 'bb', 'order', '2026-01-01', app.actor() FROM feature WHERE steward_org = %(o)s""",
    "stock_batch": """INSERT INTO stock_batch (feature_id, steward_org, supply_code, supply_name, unit, actor)
                      SELECT id, steward_org, '1010101', 's', '件', 'a' FROM feature WHERE steward_org = %(o)s""",
    "stock_movement": """INSERT INTO stock_movement (stock_id, steward_org, kind, quantity, actor)
                         SELECT id, steward_org, 'receipt', 5, 'a' FROM stock_batch WHERE steward_org = %(o)s""",
    "stock_document": """INSERT INTO stock_document (kind, feature_id, steward_org)
                         SELECT 'issue', id, steward_org FROM feature WHERE steward_org = %(o)s""",
    "stock_line": """INSERT INTO stock_line (document_id, steward_org, stock_id, quantity)
                     SELECT d.id, d.steward_org, b.id, 1 FROM stock_document d JOIN stock_batch b USING (feature_id)
                     WHERE d.steward_org = %(o)s""",
    "stock_minimum": """INSERT INTO stock_minimum (feature_id, steward_org, supply_code, supply_name, unit, minimum)
                        SELECT id, steward_org, '1010101', 's', '件', 1 FROM feature WHERE steward_org = %(o)s""",
    "shelter_state": """WITH made AS (INSERT INTO feature (layer, code, name, steward_org) VALUES ('shelter', 'S-' || %(o)s, 'n', %(o)s)
                                      RETURNING id, steward_org)
                        INSERT INTO shelter_state (feature_id, steward_org, state, happened_at, actor)
                        SELECT id, steward_org, 'opened', now(), app.actor() FROM made""",
    "shelter_occupancy": """INSERT INTO shelter_occupancy (feature_id, steward_org, people, counted_at, actor)
                            SELECT id, steward_org, 5, clock_timestamp(), app.actor() FROM feature WHERE steward_org = %(o)s AND layer = 'shelter'""",
    "event": "INSERT INTO event (kind, steward_org) VALUES ('features.changed', %(o)s)",
}
MINE, THEIRS = 2, 3


@pytest.fixture
def filled(dsns: Dsns, db: Database) -> Database:
    db.staff_layers = ()  # all staff see a shelter; here it stands for a record like any other
    for org in (MINE, THEIRS):
        with db.as_user(actor(org), write=True) as conn:
            for statement in OWNED.values():
                assert conn.execute(statement, {"o": org}).rowcount == 1
    return db


def test_every_table_with_a_steward_is_tried(dsns: Dsns) -> None:
    with connect(dsns.superuser) as conn:
        found = conn.execute("""SELECT DISTINCT c.table_name AS name
                                FROM information_schema.columns c
                                JOIN information_schema.tables t USING (table_schema, table_name)
                                WHERE c.table_schema = 'public' AND c.column_name = 'steward_org'
                                  AND t.table_type = 'BASE TABLE'""").fetchall()
    assert {f["name"] for f in found} - {"audit"} == set(OWNED)  # audit: read by the city alone, tested on its own


@pytest.mark.parametrize("table", OWNED)
def test_own_rows_only_as_the_real_login_role(filled: Database, table: str) -> None:
    query = f"SELECT steward_org FROM {table}"
    with filled.as_user(actor(MINE)) as conn:
        assert {r["steward_org"] for r in conn.execute(query).fetchall()} == {MINE}  # type: ignore[arg-type]
    with filled.as_user(actor(4)) as conn:
        assert conn.execute(query).fetchall() == []  # type: ignore[arg-type]
    with filled.as_user(actor(1, "city")) as conn:
        assert {r["steward_org"] for r in conn.execute(query).fetchall()} >= {MINE, THEIRS}  # type: ignore[arg-type]


@pytest.mark.parametrize("table", OWNED)
def test_a_key_for_other_layers_reads_nothing(filled: Database, table: str) -> None:
    """A program's key narrowed to a layer of which there is no record: neither records nor what hangs on them."""
    program = Actor("key:aaaaaaaa", "a", "api_client", 1, "city", (1,), layers=("protected_site",))
    with filled.as_user(program) as conn:
        assert conn.execute(f"SELECT 1 FROM {table}").fetchall() == []  # type: ignore[arg-type]


@pytest.mark.parametrize("table", [t for t in OWNED if t not in ("event",)])
def test_nobody_writes_for_another(filled: Database, table: str) -> None:
    for verb in (
        f"UPDATE {table} SET steward_org = {MINE} WHERE steward_org = {THEIRS}",
        f"DELETE FROM {table} WHERE steward_org = {THEIRS}",
    ):
        try:
            with filled.as_user(actor(MINE), write=True) as conn:
                assert conn.execute(verb).rowcount == 0  # type: ignore[arg-type]
        except Exception as refused:
            assert type(refused).__name__ in ("Forbidden", "RestrictViolation"), refused
    with filled.as_user(actor(1, "city")) as conn:
        assert conn.execute(f"SELECT count(*) AS n FROM {table} WHERE steward_org = {THEIRS}").fetchone() != {"n": 0}  # type: ignore[arg-type]


def test_a_new_row_for_another_is_refused(filled: Database) -> None:
    from riskmap.errors import Forbidden

    with pytest.raises(Forbidden), filled.as_user(actor(MINE), write=True) as conn:
        conn.execute("INSERT INTO feature (layer, code, name, steward_org) VALUES ('risk_source', 'X', 'n', %s)", (THEIRS,))


def test_history_and_audit_are_append_only_even_for_the_owner(filled: Database, dsns: Dsns) -> None:
    with filled.as_user(actor(MINE), write=True) as conn:
        conn.execute("INSERT INTO audit (actor, role, operation) VALUES (app.actor(), app.role(), 'test')")
    with connect(dsns.superuser) as conn:
        for table in ("audit", "feature_version", "hidden_danger_event", "stock_movement", "event"):
            assert conn.execute(f"SELECT count(*) AS n FROM {table}").fetchone() != {"n": 0}  # type: ignore[arg-type]
            with pytest.raises(psycopg.errors.RestrictViolation):
                conn.execute(f"DELETE FROM {table}")  # type: ignore[arg-type]
