-- Append the present state of one record to its history.
-- in:    id bigint · operation text · actor text · change bigint? (the proposal it comes of) · now timestamptz
-- out:   nothing
-- index: feature_pkey
INSERT INTO feature_version (feature_id, version, layer, steward_org, operation, "row", actor, change_id, recorded_at)
SELECT f.id, f.version, f.layer, f.steward_org, %(operation)s, app.feature_row(f), %(actor)s, %(change)s, %(now)s FROM feature f WHERE f.id = %(id)s
