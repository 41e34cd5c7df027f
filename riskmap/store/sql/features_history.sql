-- Append the present state of every record the batch wrote to its history.
-- in:    batch bigint · operation text? (forced; else create for version 1, change after) · actor text · change bigint? (the proposal it comes of) · now timestamptz
-- out:   rows written
-- index: feature_batch_idx
INSERT INTO feature_version (feature_id, version, layer, steward_org, operation, "row", actor, batch_id, change_id, recorded_at)
SELECT f.id, f.version, f.layer, f.steward_org, coalesce(%(operation)s::text, CASE WHEN f.version = 1 THEN 'create' ELSE 'change' END), app.feature_row(f), %(actor)s, %(batch)s, %(change)s, %(now)s
FROM feature f WHERE f.batch_id = %(batch)s
  AND NOT EXISTS (SELECT 1 FROM feature_version v WHERE v.feature_id = f.id AND v.version = f.version)
