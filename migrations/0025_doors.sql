-- The other doors: what proves a person is read by the sign-in alone; programs come in by keys that may be less than their unit; a person
-- whom the city's own identity provider knows is one whose subject was bound beforehand.

-- Hashes and second factors: written by who grants them, read by nobody but the sign-in, which asks for one account at a time.
REVOKE SELECT ON account FROM riskmap_app;
ALTER TABLE account ADD COLUMN oidc_subject text UNIQUE CHECK (length(oidc_subject) BETWEEN 1 AND 255);  -- whom the identity provider calls so
ALTER TABLE session ADD COLUMN via text NOT NULL DEFAULT 'password' CHECK (via IN ('password', 'oidc'));
GRANT SELECT (id, login, name, org, role, state, must_change, password_set_at, totp_confirmed, totp_step, failures, locked_until, last_seen_at,
              created_by, created_at, awaits, oidc_subject) ON account TO riskmap_app;
GRANT UPDATE (oidc_subject) ON account TO riskmap_app;

GRANT SELECT ON account TO riskmap_sight;
CREATE POLICY account_sight ON account FOR SELECT TO riskmap_sight USING ((SELECT app.role()) = 'gate');
CREATE FUNCTION app.secrets(asked int) RETURNS TABLE (password_hash text, totp_secret text) LANGUAGE sql STABLE STRICT SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS
$$ SELECT a.password_hash, a.totp_secret FROM public.account a WHERE a.id = asked AND app.role() = 'gate' $$;

-- A subject is a way in like a password: bound by one, confirmed by another. The rest as before.
CREATE OR REPLACE FUNCTION app.keep_two_people() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  granted boolean;
BEGIN
  IF app.role() = 'operator' THEN RETURN NEW; END IF;  -- whoever holds the command line holds the database too
  IF TG_OP = 'INSERT' THEN
    granted := true;
  ELSE
    granted := (NEW.role, NEW.org, NEW.login) IS DISTINCT FROM (OLD.role, OLD.org, OLD.login)
      OR (NEW.oidc_subject IS DISTINCT FROM OLD.oidc_subject AND NEW.oidc_subject IS NOT NULL)
      OR (app.role() = 'security_admin' AND (NEW.password_hash, NEW.totp_secret, NEW.totp_confirmed, NEW.totp_step, NEW.must_change, NEW.password_set_at)
                               IS DISTINCT FROM (OLD.password_hash, OLD.totp_secret, OLD.totp_confirmed, OLD.totp_step, OLD.must_change, OLD.password_set_at));
    IF NEW.oidc_subject IS DISTINCT FROM OLD.oidc_subject AND app.role() <> 'security_admin' THEN
      RAISE EXCEPTION 'a subject is bound by a security administrator' USING ERRCODE = 'insufficient_privilege';
    END IF;
  END IF;
  IF granted THEN
    IF app.role() <> 'security_admin' OR NEW.awaits IS DISTINCT FROM app.actor() OR (TG_OP = 'UPDATE' AND OLD.awaits <> app.actor()) THEN
      RAISE EXCEPTION 'what is granted to % awaits a second person', NEW.login USING ERRCODE = 'insufficient_privilege';
    END IF;
  ELSIF NEW.awaits IS DISTINCT FROM OLD.awaits
        AND (app.role() <> 'security_admin' OR NEW.awaits IS NOT NULL OR app.actor() IN (OLD.awaits, OLD.login)) THEN
    RAISE EXCEPTION 'a grant is confirmed by a second person' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- A way to the provider and back: what the answer is compared with. Good once, for a few minutes, in the browser that began it.
CREATE TABLE oidc_flow (
  key          bytea PRIMARY KEY CHECK (length(key) = 32),   -- SHA-256 of the id in the browser's cookie
  state        text NOT NULL,
  nonce        text NOT NULL,
  verifier     text NOT NULL,                                -- RFC 7636
  next         text NOT NULL CHECK (length(next) <= 2000),
  created_at   timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL
);
CREATE INDEX oidc_flow_expires_idx ON oidc_flow (expires_at);
ALTER TABLE oidc_flow ENABLE ROW LEVEL SECURITY; ALTER TABLE oidc_flow FORCE ROW LEVEL SECURITY;
CREATE POLICY oidc_flow_gate ON oidc_flow FOR ALL TO riskmap_app USING ((SELECT app.role()) = 'gate') WITH CHECK ((SELECT app.role()) = 'gate');
GRANT SELECT, INSERT, DELETE ON oidc_flow TO riskmap_app;

-- Keys of programs that read.
CREATE TABLE api_key (
  id           int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  prefix       text NOT NULL UNIQUE CHECK (prefix ~ '^[a-z0-9]{8}$'),    -- tells one key from another, opens nothing
  key_hash     bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32),      -- SHA-256 of a random key of 256 bits; the key is kept nowhere
  name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),     -- which program, whose
  org          int NOT NULL REFERENCES org,
  layers       text[] CHECK (cardinality(layers) BETWEEN 1 AND 50),      -- null: every layer of the unit
  created_by   text NOT NULL,
  created_at   timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  awaits       text,                                                     -- the security administrator whose grant nobody has confirmed yet
  revoked_at   timestamptz,
  revoked_by   text,
  last_used_at timestamptz,
  last_address text,
  CHECK (expires_at > created_at AND expires_at <= created_at + interval '2 years'),
  CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
CREATE TRIGGER api_key_keep BEFORE DELETE ON api_key FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();
ALTER TABLE api_key ENABLE ROW LEVEL SECURITY; ALTER TABLE api_key FORCE ROW LEVEL SECURITY;
CREATE POLICY api_key_read   ON api_key FOR SELECT TO riskmap_app USING ((SELECT app.role()) IN ('gate', 'security_admin', 'operator'));
CREATE POLICY api_key_insert ON api_key FOR INSERT TO riskmap_app WITH CHECK ((SELECT app.role()) IN ('security_admin', 'operator'));
CREATE POLICY api_key_update ON api_key FOR UPDATE TO riskmap_app USING ((SELECT app.role()) IN ('gate', 'security_admin', 'operator'));
GRANT SELECT (id, prefix, name, org, layers, created_by, created_at, expires_at, awaits, revoked_at, revoked_by, last_used_at, last_address),
      INSERT (prefix, key_hash, name, org, layers, created_by, created_at, expires_at, awaits),
      UPDATE (awaits, revoked_at, revoked_by, last_used_at, last_address) ON api_key TO riskmap_app;

CREATE FUNCTION app.keep_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF app.role() = 'operator' THEN
    IF TG_OP = 'UPDATE' AND OLD.revoked_at IS NOT NULL AND (NEW.revoked_at, NEW.revoked_by) IS DISTINCT FROM (OLD.revoked_at, OLD.revoked_by) THEN
      RAISE EXCEPTION 'a key that was revoked stays so' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF app.role() <> 'security_admin' OR NEW.awaits IS DISTINCT FROM app.actor() OR NEW.created_by IS DISTINCT FROM app.actor() THEN
      RAISE EXCEPTION 'a key awaits a second person' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.awaits IS DISTINCT FROM OLD.awaits AND (app.role() <> 'security_admin' OR NEW.awaits IS NOT NULL OR OLD.awaits = app.actor()) THEN
    RAISE EXCEPTION 'a key is confirmed by a second person' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF (NEW.revoked_at, NEW.revoked_by) IS DISTINCT FROM (OLD.revoked_at, OLD.revoked_by) THEN
    IF OLD.revoked_at IS NOT NULL THEN
      RAISE EXCEPTION 'a key that was revoked stays so' USING ERRCODE = 'restrict_violation';
    END IF;
    IF app.role() <> 'security_admin' OR NEW.revoked_by IS DISTINCT FROM app.actor() THEN
      RAISE EXCEPTION 'a key is revoked by a security administrator' USING ERRCODE = 'insufficient_privilege';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER api_key_two_people BEFORE INSERT OR UPDATE ON api_key FOR EACH ROW EXECUTE FUNCTION app.keep_key();

GRANT SELECT ON api_key TO riskmap_sight;
CREATE POLICY api_key_sight ON api_key FOR SELECT TO riskmap_sight USING ((SELECT app.role()) = 'gate');
CREATE FUNCTION app.key_of(digest bytea) RETURNS int LANGUAGE sql STABLE STRICT SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS
$$ SELECT k.id FROM public.api_key k WHERE k.key_hash = digest AND app.role() = 'gate' $$;

GRANT CREATE ON SCHEMA app TO riskmap_sight;
ALTER FUNCTION app.secrets(int) OWNER TO riskmap_sight;
ALTER FUNCTION app.key_of(bytea) OWNER TO riskmap_sight;
REVOKE CREATE ON SCHEMA app FROM riskmap_sight;
SET LOCAL ROLE riskmap_sight;
REVOKE ALL ON FUNCTION app.secrets(int), app.key_of(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.secrets(int), app.key_of(bytea) TO riskmap_app;
SET LOCAL ROLE riskmap_owner;

-- A key may be for some layers only. Persons are not narrowed: app.layers is '*' for them; unset, nothing is open.
CREATE FUNCTION app.every_layer() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT app.role() <> 'api_client' OR coalesce(current_setting('app.layers', true), '') = '*' $$;
CREATE FUNCTION app.layers() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN coalesce(current_setting('app.layers', true), '') IN ('', '*') THEN '{}' ELSE current_setting('app.layers', true)::text[] END $$;

DO $$
DECLARE t text; above text;
BEGIN
  FOREACH t IN ARRAY ARRAY['feature', 'feature_version', 'confirmation', 'event'] LOOP
    EXECUTE format('CREATE POLICY %I ON %I AS RESTRICTIVE FOR SELECT TO riskmap_app
                      USING ((SELECT app.every_layer()) OR layer = ANY ((SELECT app.layers())::text[]))', t || '_layers', t);
  END LOOP;
  -- what hangs on a record, or on what hangs on it, goes where that goes
  FOR t, above IN VALUES
    ('holding', 'feature f WHERE f.id = holding.feature_id'), ('hazard_assessment', 'feature f WHERE f.id = hazard_assessment.feature_id'),
    ('hidden_danger', 'feature f WHERE f.id = hidden_danger.feature_id'), ('hidden_danger_event', 'hidden_danger d WHERE d.id = hidden_danger_event.danger_id'),
    ('stock_batch', 'feature f WHERE f.id = stock_batch.feature_id'), ('stock_movement', 'stock_batch b WHERE b.id = stock_movement.stock_id'),
    ('stock_document', 'feature f WHERE f.id = stock_document.feature_id'), ('stock_line', 'stock_document d WHERE d.id = stock_line.document_id'),
    ('stock_minimum', 'feature f WHERE f.id = stock_minimum.feature_id'), ('shelter_state', 'feature f WHERE f.id = shelter_state.feature_id'),
    ('shelter_occupancy', 'feature f WHERE f.id = shelter_occupancy.feature_id')
  LOOP
    EXECUTE format('CREATE POLICY %I ON %I AS RESTRICTIVE FOR SELECT TO riskmap_app USING ((SELECT app.every_layer()) OR EXISTS (SELECT 1 FROM %s))',
                   t || '_layers', t, above);
  END LOOP;
  -- a program reads what is in force, never what somebody only proposes
  FOREACH t IN ARRAY ARRAY['feature_change', 'feature_change_event', 'attachment', 'import_batch', 'import_row'] LOOP
    EXECUTE format('CREATE POLICY %I ON %I AS RESTRICTIVE FOR SELECT TO riskmap_app USING ((SELECT app.role()) <> ''api_client'')', t || '_people', t);
  END LOOP;
END $$;
