-- Take a click back, for those records that stand as it left them.
-- in:    sitting uuid · actor text · now timestamptz
-- out:   feature_id, layer, steward_org
-- index: confirmation_sitting_idx, feature_pkey
WITH held AS (
  SELECT f.id, f.version FROM confirmation c JOIN feature f ON f.id = c.feature_id AND f.version = c.version
  WHERE c.sitting = %(sitting)s::uuid AND c.undone_at IS NULL AND f.status <> 'retired'
    AND NOT EXISTS (SELECT 1 FROM feature_change p WHERE p.feature_id = f.id AND p.state IN ('submitted', 'confirmed'))
  ORDER BY f.id FOR UPDATE OF f)
UPDATE confirmation c SET undone_version = h.version + 1, undone_by = %(actor)s::text, undone_at = %(now)s::timestamptz
FROM held h WHERE c.sitting = %(sitting)s::uuid AND c.feature_id = h.id AND c.version = h.version
RETURNING c.feature_id, c.layer, c.steward_org
