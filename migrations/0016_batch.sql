-- A file of records as one thing with two people: who brings it hands it in, another decides on it.
--   reading → planned | refused      planned → submitted | withdrawn | committed (by who writes in force: his own)
--   submitted → returned | committed (approved) | withdrawn      returned → planned | submitted | withdrawn      committed → undone
-- The plan's hash says what was seen; a decision is on exactly that plan. The screens ask the same first (riskmap/flows/batch.py).

ALTER TABLE import_batch DROP CONSTRAINT import_batch_state_check;
ALTER TABLE import_batch
  ADD COLUMN note         text,                        -- why, in the words of who hands it in
  ADD COLUMN reason       text,                        -- why it went back
  ADD COLUMN checker      text,
  ADD COLUMN submitted_at timestamptz,
  ADD COLUMN decided_at   timestamptz,
  ADD COLUMN undo_reason  text,                        -- its maker asks that it be taken back, and why
  ADD COLUMN undo_asked_at timestamptz,
  ADD COLUMN undone_by    text,
  ADD CONSTRAINT import_batch_state_check CHECK (state IN ('reading', 'planned', 'refused', 'submitted', 'returned', 'withdrawn', 'committed', 'undone')),
  ADD CONSTRAINT import_batch_two_people  CHECK (checker IS NULL OR checker <> actor),
  ADD CONSTRAINT import_batch_reason      CHECK (state <> 'returned' OR coalesce(length(btrim(reason)), 0) >= 2);
CREATE INDEX import_batch_queue_idx ON import_batch (state, submitted_at, id) INCLUDE (steward_org, layer, actor);
CREATE INDEX import_batch_maker_idx ON import_batch (actor, id);

-- A row with a doubt leaves the batch when it is handed in: it is a proposal of its own then.
ALTER TABLE import_row ADD COLUMN change_id bigint;

CREATE FUNCTION app.may_move_batch(before text, after text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (before, after) IN (('reading', 'planned'), ('reading', 'refused'), ('reading', 'committed'), ('planned', 'committed'), ('planned', 'submitted'),
                              ('planned', 'withdrawn'), ('submitted', 'returned'), ('submitted', 'committed'), ('submitted', 'withdrawn'),
                              ('returned', 'planned'), ('returned', 'submitted'), ('returned', 'withdrawn'), ('committed', 'undone')) $$;

CREATE FUNCTION app.keep_batch() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  me text := app.actor();
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state IN ('submitted', 'returned', 'withdrawn', 'undone') OR num_nonnulls(NEW.checker, NEW.decided_at, NEW.submitted_at, NEW.undone_by) > 0 THEN
      RAISE EXCEPTION 'a batch begins with its reading' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.id, NEW.layer, NEW.steward_org, NEW.actor, NEW.created_at, NEW.demo) IS DISTINCT FROM (OLD.id, OLD.layer, OLD.steward_org, OLD.actor, OLD.created_at, OLD.demo) THEN
    RAISE EXCEPTION 'whose batch it is does not change' USING ERRCODE = 'restrict_violation';
  END IF;

  IF NEW.state = OLD.state THEN
    IF me IS DISTINCT FROM OLD.actor AND NOT app.may_put() THEN
      RAISE EXCEPTION 'only its maker works on a batch' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.state NOT IN ('reading', 'planned', 'returned')
       AND to_jsonb(NEW) - '{undo_reason,undo_asked_at,progress}'::text[] <> to_jsonb(OLD) - '{undo_reason,undo_asked_at,progress}'::text[] THEN
      RAISE EXCEPTION 'a batch that was handed in is not edited' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.checker, NEW.decided_at, NEW.reason, NEW.committed_at, NEW.undone_at, NEW.undone_by)
       IS DISTINCT FROM (OLD.checker, OLD.decided_at, OLD.reason, OLD.committed_at, OLD.undone_at, OLD.undone_by) THEN
      RAISE EXCEPTION 'an edit decides nothing' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;

  IF NOT app.may_move_batch(OLD.state, NEW.state) THEN
    RAISE EXCEPTION 'a batch does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.state IN ('submitted', 'committed') AND (NEW.plan_hash, NEW.findings, NEW.mapping, NEW.options) IS DISTINCT FROM (OLD.plan_hash, OLD.findings, OLD.mapping, OLD.options) THEN
    RAISE EXCEPTION 'a move changes nothing of the plan' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.state = 'submitted' AND NEW.state IN ('returned', 'committed') THEN
    IF NOT app.may_decide() THEN
      RAISE EXCEPTION 'this role does not decide' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF me IS NULL OR me = OLD.actor OR NEW.checker IS DISTINCT FROM me OR NEW.decided_at IS NULL THEN
      RAISE EXCEPTION 'nobody decides on a batch of his own, nor in another name' USING ERRCODE = 'insufficient_privilege';
    END IF;
  ELSIF NEW.state = 'undone' THEN
    IF NOT (app.may_put() OR app.may_decide()) OR NEW.undone_by IS DISTINCT FROM me THEN
      RAISE EXCEPTION 'this role takes nothing back' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.checker IS NOT NULL AND me = OLD.actor THEN
      RAISE EXCEPTION 'what was approved is taken back by the side that approves' USING ERRCODE = 'insufficient_privilege';
    END IF;
  ELSE
    IF me IS DISTINCT FROM OLD.actor THEN
      RAISE EXCEPTION 'only its maker hands a batch in or takes it back' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.state = 'committed' AND (NOT (app.may_put() OR app.may_decide()) OR NEW.checker IS NOT NULL) THEN
      RAISE EXCEPTION 'this role puts nothing in force' USING ERRCODE = 'insufficient_privilege';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER import_batch_moves BEFORE INSERT OR UPDATE ON import_batch FOR EACH ROW EXECUTE FUNCTION app.keep_batch();

CREATE POLICY import_batch_decide ON import_batch FOR UPDATE TO riskmap_app
  USING ((SELECT app.may_decide()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))
  WITH CHECK ((SELECT app.may_decide()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
-- Rows of one's own plan are mended until it is handed in.
CREATE POLICY import_row_mend ON import_row FOR UPDATE TO riskmap_app
  USING ((SELECT app.may_propose()) AND batch_id IN (SELECT b.id FROM import_batch b WHERE b.actor = app.actor() AND b.state IN ('planned', 'returned')))
  WITH CHECK ((SELECT app.may_propose()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
CREATE POLICY import_row_redo ON import_row FOR DELETE TO riskmap_app
  USING ((SELECT app.may_propose()) AND batch_id IN (SELECT b.id FROM import_batch b WHERE b.actor = app.actor() AND b.state IN ('planned', 'returned')));

-- Whether a version of a record comes of a batch that who is signed in has approved, or taken back, at that very moment.
CREATE FUNCTION app.of_decided_batch(batch bigint, operation text, at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT EXISTS (SELECT 1 FROM import_batch b WHERE b.id = batch
     AND CASE WHEN operation = 'undo' THEN b.state = 'undone' AND b.undone_by = app.actor() AND b.undone_at = at
              ELSE b.state = 'committed' AND b.checker = app.actor() AND b.decided_at = at END) $$;

-- And what stands in force is what the history of that moment says, to the letter.
CREATE OR REPLACE FUNCTION app.written_by_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- What follows from a major hazard's level is derived and has no version of its own.
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - '{effective_level,rank}'::text[] = to_jsonb(OLD) - '{effective_level,rank}'::text[] THEN
    RETURN NULL;
  END IF;
  IF NOT EXISTS (SELECT 1 FROM feature_version v
                 WHERE v.feature_id = NEW.id AND v.version = NEW.version AND v."row" - 'effective_level' = app.feature_row(NEW) - 'effective_level'
                   AND CASE WHEN v.change_id IS NULL THEN v.batch_id = NEW.batch_id AND app.of_decided_batch(v.batch_id, v.operation, v.recorded_at)
                            ELSE EXISTS (SELECT 1 FROM feature_change c WHERE c.id = v.change_id AND c.state = 'approved' AND c.checker = app.actor()
                                                                          AND c.decided_at = v.recorded_at) END) THEN
    RAISE EXCEPTION 'record % was written without an approval', NEW.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;

-- A record goes out of force only with the batch that brought it.
CREATE FUNCTION app.taken_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM feature_version v JOIN feature_version c ON c.feature_id = v.feature_id AND c.batch_id = v.batch_id AND c.operation = 'create'
                 WHERE v.feature_id = OLD.id AND v.version = OLD.version + 1 AND v.operation = 'undo' AND v."row" IS NULL
                   AND app.of_decided_batch(v.batch_id, v.operation, v.recorded_at)) THEN
    RAISE EXCEPTION 'record % goes out of force with its batch only', OLD.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER feature_taken_back AFTER DELETE ON feature DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (app.may_decide() AND NOT app.may_put()) EXECUTE FUNCTION app.taken_back();
CREATE POLICY feature_take_back ON feature FOR DELETE TO riskmap_app
  USING ((SELECT app.may_decide()) AND batch_id IN (SELECT b.id FROM import_batch b WHERE b.state = 'undone' AND b.undone_by = app.actor())
         AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));

CREATE FUNCTION app.version_of_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT app.of_decided_batch(NEW.batch_id, NEW.operation, NEW.recorded_at) THEN
    RAISE EXCEPTION 'version % of record % names a batch that was not decided on', NEW.version, NEW.feature_id USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER feature_version_of_batch AFTER INSERT ON feature_version DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.change_id IS NULL AND app.may_decide() AND NOT app.may_put()) EXECUTE FUNCTION app.version_of_batch();
CREATE POLICY feature_version_batch ON feature_version FOR INSERT TO riskmap_app
  WITH CHECK ((SELECT app.may_decide()) AND change_id IS NULL AND batch_id IS NOT NULL AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
