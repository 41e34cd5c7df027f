-- A key's layers are asked of what hangs on a record through a function: the plan of every other reader stays as small as it was before keys.
-- (As a subquery the condition carried the policies of the record, and theirs, into each statement: a trigger's look at one row made forty plans.)

CREATE FUNCTION app.reads_feature(asked bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN RETURN EXISTS (SELECT 1 FROM feature WHERE id = asked); END $$;
CREATE FUNCTION app.reads_danger(asked bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN RETURN EXISTS (SELECT 1 FROM hidden_danger WHERE id = asked); END $$;
CREATE FUNCTION app.reads_lot(asked bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN RETURN EXISTS (SELECT 1 FROM stock_batch WHERE id = asked); END $$;
CREATE FUNCTION app.reads_document(asked bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN RETURN EXISTS (SELECT 1 FROM stock_document WHERE id = asked); END $$;
GRANT EXECUTE ON FUNCTION app.reads_feature(bigint), app.reads_danger(bigint), app.reads_lot(bigint), app.reads_document(bigint) TO riskmap_app;

DO $$
DECLARE t text; asked text;
BEGIN
  FOR t, asked IN VALUES
    ('holding', 'app.reads_feature(feature_id)'), ('hazard_assessment', 'app.reads_feature(feature_id)'), ('hidden_danger', 'app.reads_feature(feature_id)'),
    ('hidden_danger_event', 'app.reads_danger(danger_id)'), ('stock_batch', 'app.reads_feature(feature_id)'),
    ('stock_movement', 'app.reads_lot(stock_id)'), ('stock_document', 'app.reads_feature(feature_id)'), ('stock_line', 'app.reads_document(document_id)'),
    ('stock_minimum', 'app.reads_feature(feature_id)'), ('shelter_state', 'app.reads_feature(feature_id)'), ('shelter_occupancy', 'app.reads_feature(feature_id)')
  LOOP
    EXECUTE format('ALTER POLICY %I ON %I USING ((SELECT app.every_layer()) OR %s)', t || '_layers', t, asked);
  END LOOP;
END $$;
