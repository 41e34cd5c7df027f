-- Who is responsible: organisations, districts and towns; and the session's view of them.

CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO riskmap_app, riskmap_engine;

CREATE FUNCTION app.actor() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.actor', true), '') $$;

CREATE FUNCTION app.orgs() RETURNS int[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(nullif(current_setting('app.orgs', true), '')::int[], '{}') $$;

-- City staff read every organisation's records; said once so that policies need no list of 380 organisations.
CREATE FUNCTION app.sees_all() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(current_setting('app.scope', true), '') = 'city' $$;

-- Layers whose records all signed-in staff may read (shelters, depots, teams); handed in from the catalogue.
CREATE FUNCTION app.staff_layers() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(nullif(current_setting('app.staff_layers', true), '')::text[], '{}') $$;

-- H3 index arithmetic (the bit layout of the public H3 index): parent of a cell without an extension.
CREATE FUNCTION app.h3_parent(cell bigint, res int) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT (cell & -67553994410557441) | (res::bigint << 52) | ((1::bigint << (45 - 3 * res)) - 1) $$;

CREATE FUNCTION app.refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$;

CREATE TABLE district (
  code         text PRIMARY KEY CHECK (code ~ '^[0-9]{6}$'),
  name         text NOT NULL,
  name_en      text NOT NULL,
  zone         text NOT NULL,                       -- functional zone: 核心区 拓展区 发展新区 涵养区
  population   bigint NOT NULL CHECK (population > 0),
  population_source text NOT NULL,
  area_km2     double precision NOT NULL,
  geom         geometry(MultiPolygon, 4326) NOT NULL,
  label_point  geometry(Point, 4326) NOT NULL,
  borders_version text NOT NULL
);
CREATE INDEX district_geom_idx ON district USING gist (geom);

CREATE TABLE town (
  code         text PRIMARY KEY CHECK (code ~ '^[0-9]{9}$'),
  name         text NOT NULL,
  kind         text NOT NULL,
  district_code text NOT NULL REFERENCES district
);

CREATE TABLE org (
  id           int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code         text NOT NULL UNIQUE,
  name         text NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('city', 'district', 'zone', 'street')),
  parent_id    int REFERENCES org,
  district_code text REFERENCES district
);

GRANT SELECT ON district, town, org TO riskmap_app, riskmap_engine;
ALTER TABLE district ENABLE ROW LEVEL SECURITY; ALTER TABLE district FORCE ROW LEVEL SECURITY;
ALTER TABLE town     ENABLE ROW LEVEL SECURITY; ALTER TABLE town     FORCE ROW LEVEL SECURITY;
ALTER TABLE org      ENABLE ROW LEVEL SECURITY; ALTER TABLE org      FORCE ROW LEVEL SECURITY;
-- Reference rows are loaded by the owner and read by every signed-in session; nobody else writes them.
CREATE POLICY district_read  ON district FOR SELECT TO riskmap_app, riskmap_engine USING ((SELECT app.actor()) IS NOT NULL);
CREATE POLICY district_owner ON district FOR ALL    TO riskmap_owner USING (true) WITH CHECK (true);
CREATE POLICY town_read      ON town     FOR SELECT TO riskmap_app, riskmap_engine USING ((SELECT app.actor()) IS NOT NULL);
CREATE POLICY town_owner     ON town     FOR ALL    TO riskmap_owner USING (true) WITH CHECK (true);
CREATE POLICY org_read       ON org      FOR SELECT TO riskmap_app, riskmap_engine USING ((SELECT app.actor()) IS NOT NULL);
CREATE POLICY org_owner      ON org      FOR ALL    TO riskmap_owner USING (true) WITH CHECK (true);
