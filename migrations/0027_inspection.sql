-- Inspections (检查) of an enterprise or a record of it, and violations (违法行为) that were decided on. Both are facts that somebody wrote down:
-- append-only, in the name of who writes, of a day that has been; one that was written in error is withdrawn by another person, with a reason.

CREATE TABLE inspection (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  feature_id   bigint NOT NULL,
  steward_org  int NOT NULL,
  kind         text NOT NULL,                         -- data/codes/inspection_kind.tsv
  unit         text NOT NULL CHECK (length(btrim(unit)) BETWEEN 2 AND 200),             -- who sent the inspectors
  inspectors   text NOT NULL CHECK (length(btrim(inspectors)) BETWEEN 2 AND 200),       -- persons: masked as such
  result       text NOT NULL CHECK (result IN ('sound', 'found')),                      -- 未发现问题 / 发现问题
  findings     text CHECK (length(findings) <= 2000),
  happened_on  date NOT NULL CHECK (happened_on >= '1990-01-01'),
  actor        text NOT NULL,
  recorded_at  timestamptz NOT NULL DEFAULT now(),
  withdrawn_by text,
  withdrawn_at timestamptz,
  reason       text,                                  -- of the withdrawal
  UNIQUE (id, steward_org),
  CHECK (result = 'sound' OR coalesce(length(btrim(findings)), 0) >= 2),
  CHECK (num_nulls(withdrawn_by, withdrawn_at, reason) IN (0, 3)),
  CHECK (withdrawn_by <> actor AND length(btrim(reason)) >= 2),
  FOREIGN KEY (feature_id, steward_org) REFERENCES feature (id, steward_org) ON UPDATE CASCADE
);
CREATE INDEX inspection_feature_idx ON inspection (feature_id, happened_on);
CREATE INDEX inspection_day_idx ON inspection (happened_on, id);
CREATE INDEX inspection_time_idx ON inspection (recorded_at);

-- The hidden dangers an inspection found.
CREATE TABLE inspection_danger (
  inspection_id bigint NOT NULL,
  steward_org   int NOT NULL,
  danger_id     bigint NOT NULL REFERENCES hidden_danger,
  PRIMARY KEY (inspection_id, danger_id),
  FOREIGN KEY (inspection_id, steward_org) REFERENCES inspection (id, steward_org) ON UPDATE CASCADE
);
CREATE INDEX inspection_danger_idx ON inspection_danger (danger_id);

CREATE TABLE violation (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  feature_id   bigint NOT NULL,
  steward_org  int NOT NULL,
  kind         text NOT NULL,                         -- data/codes/violation_kind.tsv
  fact         text NOT NULL CHECK (length(btrim(fact)) BETWEEN 2 AND 1000),
  basis        text NOT NULL CHECK (length(btrim(basis)) BETWEEN 2 AND 500),            -- law and article
  measure      text NOT NULL,                         -- data/codes/violation_measure.tsv
  amount_yuan  numeric(14, 2) CHECK (amount_yuan >= 0),                                  -- null: none was set, or it is not known
  unit         text CHECK (length(unit) <= 200),      -- who decided
  document     text CHECK (length(document) <= 100),  -- number of the decision
  decided_on   date NOT NULL CHECK (decided_on >= '1990-01-01'),
  actor        text NOT NULL,
  recorded_at  timestamptz NOT NULL DEFAULT now(),
  withdrawn_by text,
  withdrawn_at timestamptz,
  reason       text,
  CHECK (num_nulls(withdrawn_by, withdrawn_at, reason) IN (0, 3)),
  CHECK (withdrawn_by <> actor AND length(btrim(reason)) >= 2),
  FOREIGN KEY (feature_id, steward_org) REFERENCES feature (id, steward_org) ON UPDATE CASCADE
);
CREATE INDEX violation_feature_idx ON violation (feature_id, decided_on);
CREATE INDEX violation_day_idx ON violation (decided_on, id);
CREATE INDEX violation_time_idx ON violation (recorded_at);

CREATE FUNCTION app.keep_finding() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  day date;
BEGIN
  IF NEW.feature_id IS NULL THEN RETURN NEW; END IF;  -- the column refuses it
  IF TG_OP = 'INSERT' THEN
    IF NEW.actor IS DISTINCT FROM app.actor() OR NEW.withdrawn_at IS NOT NULL THEN
      RAISE EXCEPTION 'it is written in the name of who writes it' USING ERRCODE = 'insufficient_privilege';
    END IF;
    day := coalesce(to_jsonb(NEW) ->> 'happened_on', to_jsonb(NEW) ->> 'decided_on')::date;
    IF day > (now() AT TIME ZONE 'Asia/Shanghai')::date THEN
      RAISE EXCEPTION 'it has not been yet' USING ERRCODE = 'check_violation', CONSTRAINT = 'finding_day';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.steward_org <> OLD.steward_org AND to_jsonb(NEW) - 'steward_org' = to_jsonb(OLD) - 'steward_org' THEN
    RETURN NEW;                                       -- handed over with its record
  END IF;
  IF OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL
     OR to_jsonb(NEW) - '{withdrawn_by,withdrawn_at,reason}'::text[] <> to_jsonb(OLD) - '{withdrawn_by,withdrawn_at,reason}'::text[] THEN
    RAISE EXCEPTION 'it is withdrawn once, and nothing else of it moves' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.withdrawn_by IS DISTINCT FROM app.actor() OR NOT app.may_check_danger() OR OLD.actor = app.actor() THEN
    RAISE EXCEPTION 'it is withdrawn by a second person' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION app.keep_found() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF to_jsonb(NEW) - 'steward_org' = to_jsonb(OLD) - 'steward_org' THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'what an inspection found stays' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.inspection_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM inspection i WHERE i.id = NEW.inspection_id AND i.actor = app.actor() AND i.result = 'found' AND i.recorded_at = now()) THEN
    RAISE EXCEPTION 'what it found is written with the inspection' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER inspection_danger_kept BEFORE INSERT OR UPDATE ON inspection_danger FOR EACH ROW EXECUTE FUNCTION app.keep_found();

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['inspection', 'inspection_danger', 'violation'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO riskmap_engine USING (true)', t || '_engine', t);
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO riskmap_app
                      USING ((SELECT app.actor()) IS NOT NULL AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))', t || '_read', t);
    EXECUTE format('CREATE POLICY %I ON %I FOR INSERT TO riskmap_app
                      WITH CHECK ((SELECT app.may_report_danger()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))', t || '_insert', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO riskmap_app', t);
    EXECUTE format('GRANT SELECT ON %I TO riskmap_engine', t);
    EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change()', t || '_append', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['inspection', 'violation'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE INSERT OR UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION app.keep_finding()', t || '_kept', t);
    EXECUTE format('CREATE POLICY %I ON %I FOR UPDATE TO riskmap_app
                      USING ((SELECT app.may_check_danger()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))
                      WITH CHECK ((SELECT app.may_check_danger()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))', t || '_withdraw', t);
    EXECUTE format('GRANT UPDATE (withdrawn_by, withdrawn_at, reason) ON %I TO riskmap_app', t);
  END LOOP;
END $$;

-- A key for some layers reads what hangs on those.
CREATE POLICY inspection_layers ON inspection AS RESTRICTIVE FOR SELECT TO riskmap_app
  USING ((SELECT app.every_layer()) OR EXISTS (SELECT 1 FROM feature f WHERE f.id = inspection.feature_id));
CREATE POLICY inspection_danger_layers ON inspection_danger AS RESTRICTIVE FOR SELECT TO riskmap_app
  USING ((SELECT app.every_layer()) OR EXISTS (SELECT 1 FROM inspection i WHERE i.id = inspection_danger.inspection_id));
CREATE POLICY violation_layers ON violation AS RESTRICTIVE FOR SELECT TO riskmap_app
  USING ((SELECT app.every_layer()) OR EXISTS (SELECT 1 FROM feature f WHERE f.id = violation.feature_id));
