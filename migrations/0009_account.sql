-- People: accounts, their sessions and their attempts to sign in; and what a role may do, known to the database too.

-- The role of the session's actor; '' where there is none.
CREATE FUNCTION app.role() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(current_setting('app.role', true), '') $$;

-- Roles that read records at all: map.read in riskmap/core/role.py. Administrators, auditors and the sign-in itself do not; an
-- unknown role does not either.
CREATE FUNCTION app.reads() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT app.role() IN ('street_clerk', 'district_clerk', 'reviewer', 'district_head', 'risk_officer', 'commander', 'api_client', 'operator', 'engine') $$;

-- Roles that write records in force by themselves: feature.put in riskmap/core/role.py.
CREATE FUNCTION app.may_put() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT app.role() IN ('risk_officer', 'operator') $$;

-- Who reads the audit: the auditor; the command line; and, as long as nobody has to sign in, the built-in officer.
CREATE FUNCTION app.audits() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT app.role() IN ('auditor', 'operator', 'engine') OR app.actor() = 'officer' $$;

-- Sight is empty for a role that reads no records, whatever the session says of its scope.
CREATE OR REPLACE FUNCTION app.orgs() RETURNS int[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN app.reads() THEN coalesce(nullif(current_setting('app.orgs', true), '')::int[], '{}') ELSE '{}' END $$;
CREATE OR REPLACE FUNCTION app.sees_all() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT app.reads() AND coalesce(current_setting('app.scope', true), '') = 'city' $$;
CREATE OR REPLACE FUNCTION app.staff_layers() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN app.reads() THEN coalesce(nullif(current_setting('app.staff_layers', true), '')::text[], '{}') ELSE '{}' END $$;

CREATE TABLE account (
  id           int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  login        text NOT NULL UNIQUE CHECK (login ~ '^[a-z0-9][a-z0-9._-]{1,31}$' AND login NOT IN ('officer', 'operator', 'engine', 'gate')),
  name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  org          int NOT NULL REFERENCES org,
  role         text NOT NULL CHECK (role IN ('street_clerk', 'district_clerk', 'reviewer', 'district_head', 'risk_officer', 'commander',
                                             'enterprise', 'auditor', 'system_admin', 'security_admin', 'api_client')),
  state        text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
  password_hash text NOT NULL,                        -- Argon2id, with its parameters and salt
  must_change  boolean NOT NULL DEFAULT true,         -- the password was made by the product and is good for one sign-in
  password_set_at timestamptz NOT NULL,
  totp_secret  text,                                  -- RFC 6238, base 32
  totp_confirmed boolean NOT NULL DEFAULT false,      -- a first code was given: the person's device holds the secret
  totp_step    bigint NOT NULL DEFAULT 0,             -- last time step used; an older or equal one is refused
  failures     int NOT NULL DEFAULT 0 CHECK (failures >= 0),
  locked_until timestamptz,
  last_seen_at timestamptz,
  created_by   text NOT NULL,
  created_at   timestamptz NOT NULL,
  CHECK (NOT totp_confirmed OR totp_secret IS NOT NULL)
);
CREATE TRIGGER account_keep BEFORE DELETE ON account FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();

CREATE TABLE session (
  key          bytea PRIMARY KEY CHECK (length(key) = 32),   -- SHA-256 of the id in the cookie; the id itself is kept nowhere
  account_id   int NOT NULL REFERENCES account,
  kind         text NOT NULL CHECK (kind IN ('full', 'pending_totp', 'must_change')),
  created_at   timestamptz NOT NULL,
  seen_at      timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  address      text,
  user_agent   text
);
CREATE INDEX session_account_idx ON session (account_id, created_at);

CREATE TABLE signin_attempt (                         -- what the limits count; forgotten after a day, the audit keeps the rest
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at           timestamptz NOT NULL,
  address      text NOT NULL,
  refused      boolean NOT NULL                       -- turned away by a limit before anything was compared
);
CREATE INDEX signin_attempt_at_idx ON signin_attempt (at, address);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['account', 'session', 'signin_attempt'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
  END LOOP;

  -- What is written in force, its history and its ledgers: read by the steward as before, written only by a role that may.
  FOREACH t IN ARRAY ARRAY['feature_version', 'import_batch', 'import_row', 'holding', 'hidden_danger', 'hidden_danger_event', 'stock_batch',
                           'stock_movement'] LOOP
    EXECUTE format('DROP POLICY %I ON %I', t || '_steward', t);
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO riskmap_app
                      USING ((SELECT app.actor()) IS NOT NULL AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))', t || '_read', t);
    EXECUTE format('CREATE POLICY %I ON %I FOR INSERT TO riskmap_app
                      WITH CHECK ((SELECT app.may_put()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))', t || '_insert', t);
    EXECUTE format('CREATE POLICY %I ON %I FOR UPDATE TO riskmap_app
                      USING ((SELECT app.may_put()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))
                      WITH CHECK ((SELECT app.may_put()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))', t || '_update', t);
    EXECUTE format('CREATE POLICY %I ON %I FOR DELETE TO riskmap_app
                      USING ((SELECT app.may_put()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))', t || '_delete', t);
  END LOOP;

  -- What the engine works out is read by the roles that read records.
  FOREACH t IN ARRAY ARRAY['dataset', 'population_cell', 'fragment', 'grading_run', 'cell_grade', 'district_grade', 'closing', 'method', 'grade_override'] LOOP
    EXECUTE format('ALTER POLICY %I ON %I USING ((SELECT app.actor()) IS NOT NULL AND (SELECT app.reads()))', t || '_read', t);
  END LOOP;
END $$;

ALTER POLICY feature_insert ON feature
  WITH CHECK ((SELECT app.may_put()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
ALTER POLICY feature_update ON feature
  USING ((SELECT app.may_put()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))
  WITH CHECK ((SELECT app.may_put()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
ALTER POLICY feature_delete ON feature
  USING ((SELECT app.may_put()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
ALTER POLICY method_write   ON method         USING ((SELECT app.sees_all()) AND (SELECT app.may_put())) WITH CHECK ((SELECT app.sees_all()) AND (SELECT app.may_put()));
ALTER POLICY override_write ON grade_override USING ((SELECT app.sees_all()) AND (SELECT app.may_put())) WITH CHECK ((SELECT app.sees_all()) AND (SELECT app.may_put()));
ALTER POLICY audit_read     ON audit          USING ((SELECT app.audits()));
ALTER POLICY event_app      ON event
  USING ((SELECT app.reads()) AND ((SELECT app.sees_all()) OR steward_org IS NULL OR steward_org = ANY ((SELECT app.orgs())::int[])))
  WITH CHECK ((SELECT app.reads()) AND ((SELECT app.sees_all()) OR steward_org IS NULL OR steward_org = ANY ((SELECT app.orgs())::int[])));

-- Accounts: the sign-in and those who manage them; a person the own row. Sessions and attempts: nobody else at all.
CREATE POLICY account_read   ON account FOR SELECT TO riskmap_app
  USING ((SELECT app.role()) IN ('gate', 'security_admin', 'operator') OR login = (SELECT app.actor()));
CREATE POLICY account_insert ON account FOR INSERT TO riskmap_app WITH CHECK ((SELECT app.role()) IN ('security_admin', 'operator'));
CREATE POLICY account_update ON account FOR UPDATE TO riskmap_app USING ((SELECT app.role()) IN ('gate', 'security_admin', 'operator'));
CREATE POLICY session_read   ON session FOR SELECT TO riskmap_app USING ((SELECT app.role()) IN ('gate', 'security_admin', 'operator'));
CREATE POLICY session_end    ON session FOR DELETE TO riskmap_app USING ((SELECT app.role()) IN ('gate', 'security_admin', 'operator'));
CREATE POLICY session_begin  ON session FOR INSERT TO riskmap_app WITH CHECK ((SELECT app.role()) = 'gate');
CREATE POLICY session_seen   ON session FOR UPDATE TO riskmap_app USING ((SELECT app.role()) = 'gate');
CREATE POLICY attempt_gate   ON signin_attempt FOR ALL TO riskmap_app USING ((SELECT app.role()) = 'gate') WITH CHECK ((SELECT app.role()) = 'gate');

GRANT SELECT ON account, session, signin_attempt TO riskmap_app;
GRANT INSERT (login, name, org, role, password_hash, must_change, password_set_at, created_by, created_at) ON account TO riskmap_app;
GRANT UPDATE (name, org, role, state, password_hash, must_change, password_set_at, totp_secret, totp_confirmed, totp_step, failures, locked_until, last_seen_at)
  ON account TO riskmap_app;
GRANT INSERT, DELETE ON session TO riskmap_app;
GRANT UPDATE (seen_at) ON session TO riskmap_app;
GRANT INSERT, DELETE ON signin_attempt TO riskmap_app;
