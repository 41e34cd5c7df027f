-- 本期无变化: the unit's clerk has looked and nothing changed. One click renews the verified date of a record, and of nothing else of it.
-- No second person decides: nothing is changed that could be approved. What stands instead: only a complete record without an open proposal
-- takes it, only the day it is in Beijing is taken, every click has a name, a version and a row here, and it can be taken back by who made it.

CREATE TABLE confirmation (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sitting         uuid NOT NULL,                      -- one click: of one record, or of all of an enterprise
  feature_id      bigint NOT NULL,
  steward_org     int NOT NULL,
  layer           text NOT NULL,
  version         int NOT NULL,                       -- of the record, after it
  verified_before date,                               -- null: it had never been verified
  verified_on     date NOT NULL,
  actor           text NOT NULL,
  recorded_at     timestamptz NOT NULL,
  undone_version  int,                                -- of the record, after it was taken back
  undone_by       text,
  undone_at       timestamptz,
  UNIQUE (feature_id, version),
  CHECK (num_nulls(undone_version, undone_by, undone_at) IN (0, 3)),
  FOREIGN KEY (feature_id, steward_org) REFERENCES feature (id, steward_org) ON UPDATE CASCADE
);
CREATE INDEX confirmation_sitting_idx ON confirmation (sitting);
CREATE INDEX confirmation_time_idx ON confirmation (recorded_at);

ALTER TABLE feature_version
  DROP CONSTRAINT feature_version_operation_check,
  ADD CONSTRAINT feature_version_operation_check CHECK (operation IN ('create', 'change', 'retire', 'undo', 'transfer', 'confirm', 'unconfirm')) NOT VALID;

CREATE FUNCTION app.keep_confirmation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  held record;
BEGIN
  IF NEW.feature_id IS NULL THEN RETURN NEW; END IF;  -- the column refuses it
  IF TG_OP = 'UPDATE' AND NEW.steward_org <> OLD.steward_org AND to_jsonb(NEW) - 'steward_org' = to_jsonb(OLD) - 'steward_org' THEN
    RETURN NEW;                                       -- handed over with the record
  END IF;
  SELECT f.version, f.verified_on, f.status, f.layer INTO held FROM feature f WHERE f.id = NEW.feature_id AND f.steward_org = NEW.steward_org;
  IF TG_OP = 'INSERT' THEN
    IF NEW.actor IS DISTINCT FROM app.actor() OR NEW.undone_at IS NOT NULL THEN
      RAISE EXCEPTION 'nobody confirms in another name' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF held.status IS DISTINCT FROM 'approved' OR NEW.layer <> held.layer OR NEW.version <> held.version + 1
       OR NEW.verified_before IS DISTINCT FROM held.verified_on OR NEW.verified_on <= held.verified_on
       OR NEW.verified_on <> (now() AT TIME ZONE 'Asia/Shanghai')::date THEN
      RAISE EXCEPTION 'record % is not confirmed like this', NEW.feature_id USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM feature_change c WHERE c.feature_id = NEW.feature_id AND c.state IN ('draft', 'submitted', 'confirmed', 'returned')) THEN
      RAISE EXCEPTION 'a change of record % is under way', NEW.feature_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.undone_at IS NOT NULL OR NEW.undone_at IS NULL OR NEW.undone_version <> OLD.version + 1 OR held.version <> OLD.version
     OR to_jsonb(NEW) - '{undone_version,undone_by,undone_at}'::text[] <> to_jsonb(OLD) - '{undone_version,undone_by,undone_at}'::text[] THEN
    RAISE EXCEPTION 'a confirmation is taken back once, and nothing else of it moves' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.undone_by IS DISTINCT FROM app.actor() OR (OLD.actor <> app.actor() AND NOT app.may_put()) THEN
    RAISE EXCEPTION 'a confirmation is taken back by who made it' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER confirmation_kept BEFORE INSERT OR UPDATE ON confirmation FOR EACH ROW EXECUTE FUNCTION app.keep_confirmation();
CREATE TRIGGER confirmation_append BEFORE DELETE ON confirmation FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();

-- At the end of the transaction the history of the record says what the row says.
CREATE FUNCTION app.confirmed_is_in_force() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM feature_version v WHERE v.feature_id = NEW.feature_id AND v.version = coalesce(NEW.undone_version, NEW.version)
                   AND v.operation = CASE WHEN NEW.undone_version IS NULL THEN 'confirm' ELSE 'unconfirm' END
                   AND (v."row" ->> 'verified_on')::date IS NOT DISTINCT FROM CASE WHEN NEW.undone_version IS NULL THEN NEW.verified_on ELSE NEW.verified_before END) THEN
    RAISE EXCEPTION 'confirmation % is not in force', NEW.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER confirmation_in_force AFTER INSERT ON confirmation DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION app.confirmed_is_in_force();
CREATE CONSTRAINT TRIGGER confirmation_taken_back AFTER UPDATE OF undone_at ON confirmation DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.undone_at IS NOT NULL AND OLD.undone_at IS NULL) EXECUTE FUNCTION app.confirmed_is_in_force();

-- Who proposes writes of a record in force its verified date alone, and that as confirmed a moment ago.
CREATE FUNCTION app.keep_to_confirming() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_user = 'riskmap_sight' THEN RETURN NEW; END IF;  -- what a shelter's report says stands in its record
  IF to_jsonb(NEW) - '{verified_on,version,recorded_at,rank}'::text[] <> to_jsonb(OLD) - '{verified_on,version,recorded_at,rank}'::text[]  -- rank is worked out later
     OR NOT EXISTS (SELECT 1 FROM confirmation c WHERE c.feature_id = NEW.id
                      AND CASE WHEN c.undone_at IS NULL THEN c.actor = app.actor() AND c.version = NEW.version AND c.verified_on = NEW.verified_on AND c.recorded_at = NEW.recorded_at
                               ELSE c.undone_by = app.actor() AND c.undone_version = NEW.version AND c.verified_before IS NOT DISTINCT FROM NEW.verified_on
                                    AND c.undone_at = NEW.recorded_at END) THEN
    RAISE EXCEPTION 'this role writes nothing of record % in force but its confirmation', OLD.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER feature_confirming BEFORE UPDATE ON feature FOR EACH ROW WHEN (app.may_propose() AND NOT app.may_put()) EXECUTE FUNCTION app.keep_to_confirming();

CREATE POLICY feature_confirm ON feature FOR UPDATE TO riskmap_app
  USING ((SELECT app.may_propose()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))
  WITH CHECK ((SELECT app.may_propose()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
CREATE POLICY feature_version_confirm ON feature_version FOR INSERT TO riskmap_app
  WITH CHECK ((SELECT app.may_propose()) AND operation IN ('confirm', 'unconfirm') AND change_id IS NULL AND batch_id IS NULL
              AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[]))
              AND EXISTS (SELECT 1 FROM confirmation c WHERE c.feature_id = feature_version.feature_id AND feature_version.actor = coalesce(c.undone_by, c.actor)
                            AND feature_version.version = coalesce(c.undone_version, c.version))
              AND EXISTS (SELECT 1 FROM feature f WHERE f.id = feature_version.feature_id AND f.version = feature_version.version AND app.feature_row(f) = feature_version."row"));

ALTER TABLE confirmation ENABLE ROW LEVEL SECURITY; ALTER TABLE confirmation FORCE ROW LEVEL SECURITY;
CREATE POLICY confirmation_engine ON confirmation FOR SELECT TO riskmap_engine USING (true);
CREATE POLICY confirmation_read ON confirmation FOR SELECT TO riskmap_app
  USING ((SELECT app.actor()) IS NOT NULL AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
CREATE POLICY confirmation_add ON confirmation FOR INSERT TO riskmap_app
  WITH CHECK ((SELECT app.may_propose()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
CREATE POLICY confirmation_undo ON confirmation FOR UPDATE TO riskmap_app
  USING ((SELECT app.may_propose()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))
  WITH CHECK ((SELECT app.may_propose()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
GRANT SELECT, INSERT ON confirmation TO riskmap_app;
GRANT UPDATE (undone_version, undone_by, undone_at) ON confirmation TO riskmap_app;
GRANT SELECT ON confirmation TO riskmap_engine;
