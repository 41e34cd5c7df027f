-- Append to the history that the batch's new records are taken out of force.
-- in:    batch bigint · actor text · now timestamptz
-- out:   rows written
-- index: feature_version_batch_idx
INSERT INTO feature_version (feature_id, version, layer, steward_org, operation, "row", actor, batch_id, recorded_at)
SELECT v.feature_id, v.version + 1, v.layer, v.steward_org, 'undo', NULL, %(actor)s, %(batch)s, %(now)s
FROM feature_version v WHERE v.batch_id = %(batch)s AND v.operation = 'create'
