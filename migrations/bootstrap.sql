-- Superuser step, run once per database before the migrations: extensions, roles, leak-proof marks.
-- Kept apart because the migrations themselves run as the owner, who is not a superuser.
-- psql variables are not used; every statement may be repeated.

CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'riskmap_owner') THEN
    CREATE ROLE riskmap_owner NOLOGIN NOBYPASSRLS;                 -- owns every object, applies migrations
  END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'riskmap_app') THEN
    CREATE ROLE riskmap_app LOGIN NOINHERIT NOBYPASSRLS;           -- what the web process signs in as
  END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'riskmap_engine') THEN
    CREATE ROLE riskmap_engine LOGIN NOINHERIT NOBYPASSRLS;        -- reads every input, alone writes cells and grades
  END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'riskmap_sight') THEN
    CREATE ROLE riskmap_sight NOLOGIN NOINHERIT NOBYPASSRLS;       -- owns the few functions that look beyond the asker's own records
  END IF;
END $$;

-- The owner hands functions over to riskmap_sight and never has its eyes: membership without inheritance.
ALTER ROLE riskmap_owner NOINHERIT;
GRANT riskmap_sight TO riskmap_owner;

ALTER ROLE riskmap_app    SET statement_timeout = '30s';
ALTER ROLE riskmap_app    SET lock_timeout = '2s';
ALTER ROLE riskmap_app    SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE riskmap_app    SET jit = off;
ALTER ROLE riskmap_app    SET plan_cache_mode = force_custom_plan;   -- boxes, codes and sight differ from call to call: a plan made once for all of them misses the index
ALTER ROLE riskmap_engine SET lock_timeout = '10s';
ALTER ROLE riskmap_engine SET jit = off;

DO $$ BEGIN EXECUTE format('GRANT CREATE, CONNECT, TEMPORARY ON DATABASE %I TO riskmap_owner', current_database()); END $$;
GRANT USAGE, CREATE ON SCHEMA public TO riskmap_owner;

-- Leak-proof marks. Without them row-level security forbids the planner to use an index for these operators, because
-- a function that can raise or log might tell a reader about rows the policy hides. Each mark is a reviewed decision:
--   geometry_overlaps (&&)  compares two bounding boxes; raises only on unlike SRIDs, which the column type fixes to 4326.
--   textlike / texticlike   raise only on a malformed *pattern*, which is the caller's own text, never on the row.
ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF;
--   jsonb_object_field_text (->>)  returns null for what is not there; raises never.
ALTER FUNCTION textlike(text, text) LEAKPROOF;
ALTER FUNCTION texticlike(text, text) LEAKPROOF;
ALTER FUNCTION jsonb_object_field_text(jsonb, text) LEAKPROOF;
