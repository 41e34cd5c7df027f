-- No administrator alone becomes somebody else: what he grants opens nothing until a second person confirms it. And an audit row is
-- written in the name of who acts.

ALTER TABLE account ADD COLUMN awaits text;           -- the security administrator whose grant nobody has confirmed yet: no sign-in until then
ALTER TABLE account ADD CHECK (awaits <> login);

CREATE FUNCTION app.keep_two_people() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  granted boolean;
BEGIN
  IF app.role() = 'operator' THEN RETURN NEW; END IF;  -- whoever holds the command line holds the database too
  IF TG_OP = 'INSERT' THEN
    granted := true;
  ELSE
    granted := (NEW.role, NEW.org, NEW.login) IS DISTINCT FROM (OLD.role, OLD.org, OLD.login)
      OR (app.role() = 'security_admin' AND (NEW.password_hash, NEW.totp_secret, NEW.totp_confirmed, NEW.totp_step, NEW.must_change, NEW.password_set_at)
                               IS DISTINCT FROM (OLD.password_hash, OLD.totp_secret, OLD.totp_confirmed, OLD.totp_step, OLD.must_change, OLD.password_set_at));
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
CREATE TRIGGER account_two_people BEFORE INSERT OR UPDATE ON account FOR EACH ROW EXECUTE FUNCTION app.keep_two_people();
GRANT INSERT (awaits), UPDATE (awaits) ON account TO riskmap_app;

-- The sign-in speaks for people who are not signed in yet; everybody else for themselves alone.
DROP POLICY audit_insert ON audit;
CREATE POLICY audit_insert ON audit FOR INSERT TO riskmap_app
  WITH CHECK ((SELECT app.role()) = 'gate' OR (actor = (SELECT app.actor()) AND role = (SELECT app.role())));
CREATE POLICY audit_engine_insert ON audit FOR INSERT TO riskmap_engine WITH CHECK (actor = 'engine');
