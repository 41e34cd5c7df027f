-- The wall: forced row-level security on every table, grants to the two login roles.
-- A session without an actor sees nothing; another organisation's record is simply not there.

DO $$
DECLARE t text;
BEGIN
  -- Tables of records and of what hangs on them: own steward's rows, or all for city staff.
  FOREACH t IN ARRAY ARRAY['feature_change', 'feature_version', 'import_batch', 'import_row', 'holding', 'hidden_danger',
                           'hidden_danger_event', 'stock_batch', 'stock_movement'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY %I ON %I FOR ALL TO riskmap_app
                      USING ((SELECT app.actor()) IS NOT NULL AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))
                      WITH CHECK ((SELECT app.actor()) IS NOT NULL AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))', t || '_steward', t);
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO riskmap_engine USING (true)', t || '_engine', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO riskmap_app', t);
    EXECUTE format('GRANT SELECT ON %I TO riskmap_engine', t);
  END LOOP;

  -- The engine alone writes these; every signed-in person reads them.
  FOREACH t IN ARRAY ARRAY['dataset', 'population_cell', 'fragment', 'grading_run', 'cell_grade', 'district_grade', 'closing', 'method', 'grade_override'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO riskmap_app USING ((SELECT app.actor()) IS NOT NULL)', t || '_read', t);
    EXECUTE format('CREATE POLICY %I ON %I FOR ALL TO riskmap_engine USING (true) WITH CHECK (true)', t || '_engine', t);
    EXECUTE format('GRANT SELECT ON %I TO riskmap_app', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO riskmap_engine', t);
  END LOOP;
END $$;

ALTER TABLE feature ENABLE ROW LEVEL SECURITY; ALTER TABLE feature FORCE ROW LEVEL SECURITY;
CREATE POLICY feature_read ON feature FOR SELECT TO riskmap_app
  USING ((SELECT app.actor()) IS NOT NULL AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[]) OR layer = ANY ((SELECT app.staff_layers())::text[])));
CREATE POLICY feature_insert ON feature FOR INSERT TO riskmap_app
  WITH CHECK ((SELECT app.actor()) IS NOT NULL AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
CREATE POLICY feature_update ON feature FOR UPDATE TO riskmap_app
  USING ((SELECT app.actor()) IS NOT NULL AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))
  WITH CHECK ((SELECT app.actor()) IS NOT NULL AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
CREATE POLICY feature_delete ON feature FOR DELETE TO riskmap_app
  USING ((SELECT app.actor()) IS NOT NULL AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])));
CREATE POLICY feature_engine ON feature FOR SELECT TO riskmap_engine USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON feature TO riskmap_app;
GRANT SELECT ON feature TO riskmap_engine;

GRANT UPDATE, DELETE ON import_row TO riskmap_app;
GRANT UPDATE ON import_batch, feature_change TO riskmap_app;
GRANT SELECT ON hidden_danger_now, stock_now TO riskmap_app, riskmap_engine;
GRANT UPDATE (minimum_reserve, location) ON stock_batch TO riskmap_app;
GRANT INSERT, UPDATE ON method, grade_override TO riskmap_app;
CREATE POLICY method_write   ON method FOR ALL TO riskmap_app USING ((SELECT app.sees_all())) WITH CHECK ((SELECT app.sees_all()));
CREATE POLICY override_write ON grade_override FOR ALL TO riskmap_app USING ((SELECT app.sees_all())) WITH CHECK ((SELECT app.sees_all()));
GRANT UPDATE, DELETE, TRUNCATE ON cell_grade, district_grade TO riskmap_engine;
GRANT DELETE ON fragment, population_cell TO riskmap_engine;

ALTER TABLE audit ENABLE ROW LEVEL SECURITY; ALTER TABLE audit FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_insert ON audit FOR INSERT TO riskmap_app, riskmap_engine WITH CHECK (true);
CREATE POLICY audit_read   ON audit FOR SELECT TO riskmap_app USING ((SELECT app.sees_all()));
GRANT SELECT, INSERT ON audit TO riskmap_app; GRANT INSERT ON audit TO riskmap_engine;
ALTER TABLE audit_seal ENABLE ROW LEVEL SECURITY; ALTER TABLE audit_seal FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_seal_all ON audit_seal FOR ALL TO riskmap_engine USING (true) WITH CHECK (true);
CREATE POLICY audit_engine_read ON audit FOR SELECT TO riskmap_engine USING (true);
GRANT SELECT, INSERT ON audit_seal TO riskmap_engine; GRANT SELECT ON audit TO riskmap_engine;

ALTER TABLE event ENABLE ROW LEVEL SECURITY; ALTER TABLE event FORCE ROW LEVEL SECURITY;
CREATE POLICY event_app ON event FOR ALL TO riskmap_app
  USING ((SELECT app.actor()) IS NOT NULL AND ((SELECT app.sees_all()) OR steward_org IS NULL OR steward_org = ANY ((SELECT app.orgs())::int[])))
  WITH CHECK ((SELECT app.actor()) IS NOT NULL);
CREATE POLICY event_engine ON event FOR ALL TO riskmap_engine USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON event TO riskmap_app, riskmap_engine;

ALTER TABLE idempotency ENABLE ROW LEVEL SECURITY; ALTER TABLE idempotency FORCE ROW LEVEL SECURITY;
CREATE POLICY idempotency_own ON idempotency FOR ALL TO riskmap_app USING (actor = (SELECT app.actor())) WITH CHECK (actor = (SELECT app.actor()));
GRANT SELECT, INSERT, UPDATE ON idempotency TO riskmap_app;
