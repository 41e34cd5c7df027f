-- Photos and papers that hang on a proposal, and through it on its record. Added and taken away by its maker while it may be edited; a row
-- is never deleted, what was taken away says when.
CREATE TABLE attachment (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  change_id   bigint NOT NULL,
  steward_org int NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('jpeg', 'png', 'pdf')),
  name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  hash        text NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),      -- SHA-256 of what is kept
  body        bytea NOT NULL CHECK (length(body) BETWEEN 1 AND 10485760),
  actor       text NOT NULL,
  recorded_at timestamptz NOT NULL,
  removed_at  timestamptz,
  FOREIGN KEY (change_id, steward_org) REFERENCES feature_change (id, steward_org) ON UPDATE CASCADE
);
ALTER TABLE attachment ALTER COLUMN body SET STORAGE EXTERNAL;       -- photos do not shrink
CREATE INDEX attachment_change_idx ON attachment (change_id, id);
CREATE UNIQUE INDEX attachment_once_idx ON attachment (change_id, hash) WHERE removed_at IS NULL;

CREATE FUNCTION app.keep_attachment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  held record;
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'steward_org' - 'body' = to_jsonb(OLD) - 'steward_org' - 'body' AND NEW.body = OLD.body
     AND NEW.steward_org <> OLD.steward_org THEN
    RETURN NEW;                                                    -- handed over with the record
  END IF;
  IF NEW.change_id IS NULL THEN
    RETURN NEW;                                                    -- the column refuses it
  END IF;
  SELECT maker, state INTO held FROM feature_change WHERE id = NEW.change_id;
  IF held IS NULL OR held.maker IS DISTINCT FROM app.actor() THEN
    RAISE EXCEPTION 'only its maker adds to a proposal or takes from it' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF held.state NOT IN ('draft', 'returned') THEN
    RAISE EXCEPTION 'a proposal that was handed in is not edited' USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.actor IS DISTINCT FROM app.actor() OR NEW.removed_at IS NOT NULL THEN
      RAISE EXCEPTION 'an attachment is added in the name of who adds it' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (SELECT count(*) FROM attachment a WHERE a.change_id = NEW.change_id AND a.removed_at IS NULL) >= 20 THEN
      RAISE EXCEPTION 'twenty attachments are the most' USING ERRCODE = 'restrict_violation';
    END IF;
  ELSIF to_jsonb(NEW) - 'removed_at' - 'body' <> to_jsonb(OLD) - 'removed_at' - 'body' OR NEW.body <> OLD.body OR OLD.removed_at IS NOT NULL THEN
    RAISE EXCEPTION 'an attachment is not changed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER attachment_kept BEFORE INSERT OR UPDATE ON attachment FOR EACH ROW EXECUTE FUNCTION app.keep_attachment();
CREATE TRIGGER attachment_append BEFORE DELETE ON attachment FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();

ALTER TABLE attachment ENABLE ROW LEVEL SECURITY; ALTER TABLE attachment FORCE ROW LEVEL SECURITY;
CREATE POLICY attachment_read ON attachment FOR SELECT TO riskmap_app
  USING ((SELECT app.actor()) IS NOT NULL AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
CREATE POLICY attachment_add ON attachment FOR INSERT TO riskmap_app
  WITH CHECK ((SELECT app.may_propose()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
CREATE POLICY attachment_remove ON attachment FOR UPDATE TO riskmap_app
  USING ((SELECT app.may_propose()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))
  WITH CHECK ((SELECT app.may_propose()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
GRANT SELECT, INSERT, UPDATE ON attachment TO riskmap_app;
