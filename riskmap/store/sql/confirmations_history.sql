-- The versions that a step of a click makes.
-- in:    sitting uuid · actor text · now timestamptz (of the step)
-- out:   rows written
-- index: confirmation_sitting_idx, feature_pkey
INSERT INTO feature_version (feature_id, version, layer, steward_org, operation, "row", actor, recorded_at)
SELECT f.id, f.version, f.layer, f.steward_org, CASE WHEN c.undone_at IS NULL THEN 'confirm' ELSE 'unconfirm' END, app.feature_row(f), %(actor)s::text, %(now)s::timestamptz
FROM confirmation c JOIN feature f ON f.id = c.feature_id AND f.version = coalesce(c.undone_version, c.version)
WHERE c.sitting = %(sitting)s::uuid AND coalesce(c.undone_at, c.recorded_at) = %(now)s::timestamptz
