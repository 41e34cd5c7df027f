-- Chemicals of a major hazard as they were given, and what GB 18218-2018 says of them, with its whole working. Written in the course of
-- an approval, or by who writes records in force (the command line, the city's officer); both append-only.

ALTER TABLE holding
  ALTER COLUMN design_max_t TYPE numeric,              -- m³ × t/m³ and kg come out exact, never rounded
  ALTER COLUMN quantity_t   TYPE numeric,
  ADD COLUMN amount        numeric CHECK (amount >= 0),                -- as given, in `unit`; null: given in tonnes by a file
  ADD COLUMN unit          text CHECK (unit IN ('t', 'kg', 'm3')),
  ADD COLUMN density       numeric CHECK (density > 0),                -- t/m³, where the amount is a volume
  ADD COLUMN share_percent numeric CHECK (share_percent BETWEEN 0 AND 100),  -- mass per cent of the named substance in a mixture
  ADD COLUMN mixture       text CHECK (mixture IN ('same_class', 'own_class')),  -- 4.2.3: counted as the substance, or by its own class
  ADD COLUMN change_id     bigint REFERENCES feature_change;           -- the proposal it was approved with; null: by a file
-- class_symbol may hold several symbols, joined by 、

CREATE TABLE hazard_assessment (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  feature_id   bigint NOT NULL,
  steward_org  int NOT NULL,
  change_id    bigint REFERENCES feature_change,       -- null: by who writes records in force
  s            numeric NOT NULL CHECK (s >= 0),        -- Σ q/Q of what is known
  is_major     boolean,                                -- S ≥ 1; null: below 1 as far as is known, and not all is known
  alpha        numeric,
  r            numeric,                                -- null: unknown
  grade        text CHECK (grade IN ('一级', '二级', '三级', '四级')),  -- null: unknown, or no major hazard installation
  population_500m int CHECK (population_500m >= 0),
  working      jsonb NOT NULL,                         -- core/working.py: every line with its clause, the inputs, the tables' editions
  actor        text NOT NULL,
  recorded_at  timestamptz NOT NULL DEFAULT now(),
  CHECK (grade IS NULL OR (r IS NOT NULL AND is_major)),
  UNIQUE (change_id),
  FOREIGN KEY (feature_id, steward_org) REFERENCES feature (id, steward_org) ON UPDATE CASCADE
);
CREATE INDEX hazard_assessment_feature_idx ON hazard_assessment (feature_id, id DESC);

-- What hangs on a record and only grows: an update that moves it to another organisation with its record is all there is.
CREATE FUNCTION app.only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'steward_org' = to_jsonb(OLD) - 'steward_org' THEN RETURN NEW; END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER hazard_assessment_keep   BEFORE UPDATE ON hazard_assessment FOR EACH ROW EXECUTE FUNCTION app.only_grows();
CREATE TRIGGER hazard_assessment_append BEFORE DELETE ON hazard_assessment FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();
CREATE TRIGGER holding_keep             BEFORE UPDATE ON holding FOR EACH ROW EXECUTE FUNCTION app.only_grows();

-- At the end of the transaction: what names a proposal comes out of its approval, by whom it was approved; who only decides names one.
CREATE FUNCTION app.hangs_on_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM feature_change c WHERE c.id = NEW.change_id AND c.state = 'approved' AND c.feature_id = NEW.feature_id
                   AND c.checker = app.actor() AND c.decided_at = NEW.recorded_at) THEN
    RAISE EXCEPTION '% of record % was written without an approval', TG_TABLE_NAME, NEW.feature_id USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER holding_by_approval AFTER INSERT ON holding DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.change_id IS NOT NULL OR NOT app.may_put()) EXECUTE FUNCTION app.hangs_on_approval();
CREATE CONSTRAINT TRIGGER hazard_assessment_by_approval AFTER INSERT ON hazard_assessment DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.change_id IS NOT NULL OR NOT app.may_put()) EXECUTE FUNCTION app.hangs_on_approval();

ALTER TABLE hazard_assessment ENABLE ROW LEVEL SECURITY; ALTER TABLE hazard_assessment FORCE ROW LEVEL SECURITY;
CREATE POLICY hazard_assessment_read ON hazard_assessment FOR SELECT TO riskmap_app
  USING ((SELECT app.actor()) IS NOT NULL AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
CREATE POLICY hazard_assessment_insert ON hazard_assessment FOR INSERT TO riskmap_app
  WITH CHECK (((SELECT app.may_put()) OR ((SELECT app.may_decide()) AND change_id IS NOT NULL))
              AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
CREATE POLICY hazard_assessment_engine ON hazard_assessment FOR SELECT TO riskmap_engine USING (true);
GRANT SELECT, INSERT ON hazard_assessment TO riskmap_app;
GRANT SELECT ON hazard_assessment TO riskmap_engine;
CREATE POLICY holding_approve ON holding FOR INSERT TO riskmap_app
  WITH CHECK ((SELECT app.may_decide()) AND change_id IS NOT NULL AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
