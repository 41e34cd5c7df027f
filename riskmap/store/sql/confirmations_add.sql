-- Rows of one click, of those records that take it: complete, at the version that was seen, not verified today, nothing under way.
-- in:    ids bigint[], versions int[] (pairs) · today date · sitting uuid · actor text · now timestamptz
-- out:   feature_id, layer, steward_org
-- index: feature_pkey, feature_change_open_idx
WITH held AS (
  SELECT f.id, f.steward_org, f.layer, f.version, f.verified_on
  FROM feature f JOIN unnest(%(ids)s::bigint[], %(versions)s::int[]) a (id, version) ON a.id = f.id AND a.version = f.version
  WHERE f.status = 'approved' AND (f.verified_on IS NULL OR f.verified_on < %(today)s::date)
    AND NOT EXISTS (SELECT 1 FROM feature_change c WHERE c.feature_id = f.id AND c.state IN ('draft', 'submitted', 'confirmed', 'returned'))
  ORDER BY f.id FOR UPDATE OF f)
INSERT INTO confirmation (sitting, feature_id, steward_org, layer, version, verified_before, verified_on, actor, recorded_at)
SELECT %(sitting)s::uuid, h.id, h.steward_org, h.layer, h.version + 1, h.verified_on, %(today)s::date, %(actor)s::text, %(now)s::timestamptz FROM held h
RETURNING feature_id, layer, steward_org
