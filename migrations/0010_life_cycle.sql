-- The life cycle of a proposal, kept by the database: which move is legal, who may make it, and that every move leaves a row behind.
--   draft → submitted | withdrawn      submitted → returned | approved      returned → submitted | draft | withdrawn
-- The screens ask the same questions first (core/life_cycle.py); what is refused here would have been refused there.

-- Who may propose: feature.propose in riskmap/core/role.py.
CREATE FUNCTION app.may_propose() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT app.role() IN ('street_clerk', 'district_clerk', 'risk_officer', 'operator') $$;

-- Who may decide on another's proposal: feature.decide there.
CREATE FUNCTION app.may_decide() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT app.role() IN ('reviewer', 'district_head', 'risk_officer') $$;

CREATE FUNCTION app.may_move(before text, after text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (before, after) IN (('draft', 'submitted'), ('draft', 'withdrawn'), ('submitted', 'returned'), ('submitted', 'approved'),
                              ('returned', 'submitted'), ('returned', 'draft'), ('returned', 'withdrawn')) $$;

ALTER TABLE feature_change DROP CONSTRAINT feature_change_state_check;
ALTER TABLE feature_change
  ADD COLUMN kind         text,                        -- create, change, retire; split, merge and transfer have their place already
  ADD COLUMN version      int NOT NULL DEFAULT 1,      -- of the proposal itself: the one who saves or moves it names the one he saw
  ADD COLUMN findings     jsonb NOT NULL DEFAULT '[]', -- as core/finding.py, what the check and the neighbours had to say
  ADD COLUMN submitted_at timestamptz,
  ADD COLUMN edited_at    timestamptz NOT NULL DEFAULT now();
UPDATE feature_change SET kind = CASE WHEN feature_id IS NULL THEN 'create' ELSE 'change' END;
ALTER TABLE feature_change
  ALTER COLUMN kind SET NOT NULL,
  ADD CONSTRAINT feature_change_state_check CHECK (state IN ('draft', 'submitted', 'returned', 'approved', 'withdrawn')),
  ADD CONSTRAINT feature_change_kind_check  CHECK (kind IN ('create', 'change', 'retire', 'split', 'merge', 'transfer')),
  ADD CONSTRAINT feature_change_base_check  CHECK (kind = 'create' OR (feature_id IS NOT NULL AND base_version IS NOT NULL)),
  ADD CONSTRAINT feature_change_two_people  CHECK (checker IS NULL OR checker <> maker),
  ADD CONSTRAINT feature_change_decided     CHECK (state <> 'approved' OR (checker IS NOT NULL AND decided_at IS NOT NULL AND feature_id IS NOT NULL)),
  ADD CONSTRAINT feature_change_reason      CHECK (state <> 'returned' OR coalesce(length(btrim(reason)), 0) >= 2),
  ADD UNIQUE (id, steward_org);
CREATE INDEX feature_change_queue_idx ON feature_change (state, submitted_at, id) INCLUDE (steward_org, layer, kind, maker);
CREATE INDEX feature_change_maker_idx ON feature_change (maker, state);
CREATE INDEX feature_version_change_idx ON feature_version (change_id) WHERE change_id IS NOT NULL;

CREATE FUNCTION app.keep_life_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  actor text := app.actor();
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'draft' OR NEW.checker IS NOT NULL OR NEW.decided_at IS NOT NULL OR NEW.reason IS NOT NULL OR NEW.submitted_at IS NOT NULL
       OR NEW.version <> 1 OR (NEW.kind = 'create' AND NEW.feature_id IS NOT NULL) THEN
      RAISE EXCEPTION 'a proposal begins as a draft' USING ERRCODE = 'restrict_violation';
    END IF;
    IF actor IS NULL OR NEW.maker <> actor THEN
      RAISE EXCEPTION 'a proposal is made in the name of who makes it' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
  END IF;

  -- A record handed over to another organisation takes its proposals along (foreign key, ON UPDATE CASCADE), and nothing else of them moves.
  IF NEW.steward_org <> OLD.steward_org THEN
    IF OLD.feature_id IS NULL OR to_jsonb(NEW) - 'steward_org' <> to_jsonb(OLD) - 'steward_org' THEN
      RAISE EXCEPTION 'a proposal does not change hands' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.id, NEW.layer, NEW.kind, NEW.maker, NEW.created_at, NEW.batch_id) IS DISTINCT FROM (OLD.id, OLD.layer, OLD.kind, OLD.maker, OLD.created_at, OLD.batch_id)
     OR (NEW.feature_id IS DISTINCT FROM OLD.feature_id AND NOT (OLD.feature_id IS NULL AND NEW.state = 'approved')) THEN
    RAISE EXCEPTION 'what a proposal is about does not change' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.version <> OLD.version + 1 THEN
    RAISE EXCEPTION 'every step of a proposal is a new version of it' USING ERRCODE = 'restrict_violation';
  END IF;

  IF NEW.state = OLD.state THEN
    IF OLD.state NOT IN ('draft', 'returned') THEN
      RAISE EXCEPTION 'a proposal that was handed in is not edited' USING ERRCODE = 'restrict_violation';
    END IF;
    IF actor IS NULL OR actor <> OLD.maker THEN
      RAISE EXCEPTION 'only its maker edits a proposal' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (NEW.checker, NEW.reason, NEW.decided_at, NEW.submitted_at) IS DISTINCT FROM (OLD.checker, OLD.reason, OLD.decided_at, OLD.submitted_at) THEN
      RAISE EXCEPTION 'an edit decides nothing' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;

  IF NOT app.may_move(OLD.state, NEW.state) THEN
    RAISE EXCEPTION 'a proposal does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.payload, NEW.findings, NEW.base_version) IS DISTINCT FROM (OLD.payload, OLD.findings, OLD.base_version) THEN
    RAISE EXCEPTION 'a move changes nothing of what is proposed' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.state IN ('returned', 'approved') THEN
    IF NOT app.may_decide() THEN
      RAISE EXCEPTION 'this role does not decide' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF actor IS NULL OR actor = OLD.maker OR NEW.checker IS DISTINCT FROM actor THEN
      RAISE EXCEPTION 'nobody decides on a proposal of his own, nor in another name' USING ERRCODE = 'insufficient_privilege';
    END IF;
  ELSE
    IF actor IS NULL OR actor <> OLD.maker THEN
      RAISE EXCEPTION 'only its maker hands a proposal in or takes it back' USING ERRCODE = 'insufficient_privilege';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER feature_change_moves BEFORE INSERT OR UPDATE ON feature_change FOR EACH ROW EXECUTE FUNCTION app.keep_life_cycle();
CREATE TRIGGER feature_change_stays BEFORE DELETE ON feature_change FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();

-- Approved means in force: at the end of the transaction the history of the record names the proposal.
CREATE FUNCTION app.approved_is_in_force() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM feature_version v WHERE v.change_id = NEW.id AND v.feature_id = NEW.feature_id) THEN
    RAISE EXCEPTION 'proposal % was approved and is not in force', NEW.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER feature_change_in_force AFTER UPDATE ON feature_change DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.state = 'approved' AND OLD.state <> 'approved') EXECUTE FUNCTION app.approved_is_in_force();

-- And the other way round: a version of a record that names a proposal comes out of one that is just being approved.
CREATE FUNCTION app.in_force_is_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM feature_change c WHERE c.id = NEW.change_id AND c.state = 'approved' AND c.feature_id = NEW.feature_id) THEN
    RAISE EXCEPTION 'version % of record % names a proposal that was not approved', NEW.version, NEW.feature_id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER feature_version_of_change AFTER INSERT ON feature_version DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.change_id IS NOT NULL) EXECUTE FUNCTION app.in_force_is_approved();

-- Every move of every proposal, append-only, written by the move itself.
CREATE TABLE feature_change_event (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  change_id    bigint NOT NULL,
  steward_org  int NOT NULL,
  from_state   text,                                  -- null: it was begun
  to_state     text NOT NULL,
  version      int NOT NULL,                          -- of the proposal, after the move
  actor        text NOT NULL,
  role         text NOT NULL,
  reason       text,
  recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  FOREIGN KEY (change_id, steward_org) REFERENCES feature_change (id, steward_org) ON UPDATE CASCADE
);
CREATE INDEX feature_change_event_change_idx ON feature_change_event (change_id, id);

CREATE FUNCTION app.note_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO feature_change_event (change_id, steward_org, from_state, to_state, version, actor, role, reason)
  VALUES (NEW.id, NEW.steward_org, CASE WHEN TG_OP = 'UPDATE' THEN OLD.state END, NEW.state, NEW.version, app.actor(), coalesce(app.role(), ''),
          CASE WHEN NEW.state = 'returned' THEN NEW.reason END);
  RETURN NULL;
END $$;
CREATE TRIGGER feature_change_begun AFTER INSERT ON feature_change FOR EACH ROW EXECUTE FUNCTION app.note_move();
CREATE TRIGGER feature_change_moved AFTER UPDATE ON feature_change FOR EACH ROW WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION app.note_move();

CREATE FUNCTION app.keep_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' AND pg_trigger_depth() > 1 THEN RETURN NEW; END IF;                             -- from app.note_move alone
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'steward_org' = to_jsonb(OLD) - 'steward_org' THEN RETURN NEW; END IF;  -- handed over with the record
  RAISE EXCEPTION '% is append-only and written by the move itself', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER feature_change_event_kept   BEFORE INSERT OR UPDATE ON feature_change_event FOR EACH ROW EXECUTE FUNCTION app.keep_moves();
CREATE TRIGGER feature_change_event_append BEFORE DELETE ON feature_change_event FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();

ALTER TABLE feature_change_event ENABLE ROW LEVEL SECURITY; ALTER TABLE feature_change_event FORCE ROW LEVEL SECURITY;
CREATE POLICY feature_change_event_steward ON feature_change_event FOR ALL TO riskmap_app
  USING ((SELECT app.actor()) IS NOT NULL AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))
  WITH CHECK ((SELECT app.actor()) IS NOT NULL AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
CREATE POLICY feature_change_event_engine ON feature_change_event FOR SELECT TO riskmap_engine USING (true);
GRANT SELECT, INSERT ON feature_change_event TO riskmap_app;
GRANT SELECT ON feature_change_event TO riskmap_engine;

-- A proposal is seen as its record is; begun by who may propose, moved by who may propose or decide.
DROP POLICY feature_change_steward ON feature_change;
CREATE POLICY feature_change_read   ON feature_change FOR SELECT TO riskmap_app
  USING ((SELECT app.actor()) IS NOT NULL AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
CREATE POLICY feature_change_insert ON feature_change FOR INSERT TO riskmap_app
  WITH CHECK ((SELECT app.may_propose()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
CREATE POLICY feature_change_update ON feature_change FOR UPDATE TO riskmap_app
  USING (((SELECT app.may_propose()) OR (SELECT app.may_decide())) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))
  WITH CHECK (((SELECT app.may_propose()) OR (SELECT app.may_decide())) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));

-- A plan of one's own is no record in force: who proposes may make one, to be told what his values would do, and who decides, to carry it out.
CREATE POLICY import_batch_propose ON import_batch FOR INSERT TO riskmap_app
  WITH CHECK (((SELECT app.may_propose()) OR (SELECT app.may_decide())) AND actor = (SELECT app.actor()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
CREATE POLICY import_batch_seal ON import_batch FOR UPDATE TO riskmap_app
  USING (((SELECT app.may_propose()) OR (SELECT app.may_decide())) AND actor = (SELECT app.actor()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))
  WITH CHECK (((SELECT app.may_propose()) OR (SELECT app.may_decide())) AND actor = (SELECT app.actor()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
CREATE POLICY import_row_propose ON import_row FOR INSERT TO riskmap_app
  WITH CHECK (((SELECT app.may_propose()) OR (SELECT app.may_decide())) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));

-- Who decides writes records in force in the course of an approval and in no other: the trigger below looks at the end of the transaction.
CREATE POLICY feature_approve_insert ON feature FOR INSERT TO riskmap_app
  WITH CHECK ((SELECT app.may_decide()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
CREATE POLICY feature_approve_update ON feature FOR UPDATE TO riskmap_app
  USING ((SELECT app.may_decide()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))
  WITH CHECK ((SELECT app.may_decide()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
CREATE POLICY feature_version_approve ON feature_version FOR INSERT TO riskmap_app
  WITH CHECK ((SELECT app.may_decide()) AND change_id IS NOT NULL AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));

CREATE FUNCTION app.written_by_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- What follows from a major hazard's level is derived and has no version of its own.
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - '{effective_level,rank}'::text[] = to_jsonb(OLD) - '{effective_level,rank}'::text[] THEN
    RETURN NULL;
  END IF;
  IF NOT EXISTS (SELECT 1 FROM feature_version v JOIN feature_change c ON c.id = v.change_id
                 WHERE v.feature_id = NEW.id AND v.version = NEW.version AND c.state = 'approved' AND c.checker = app.actor() AND c.decided_at = v.recorded_at) THEN
    RAISE EXCEPTION 'record % was written without an approval', NEW.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER feature_by_approval AFTER INSERT OR UPDATE ON feature DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (app.may_decide() AND NOT app.may_put()) EXECUTE FUNCTION app.written_by_approval();
