-- An enterprise and what hangs on it, or on a hazard of it; what is retired is left out. Validity as in features_where.
-- in:    id bigint · today date
-- out:   id, layer, code, name, level, effective_level, status, missing, verified_on, valid_until date, lapsed bool (null: never verified), attributes,
--        address, version, steward_org, change (open proposal or null), lon, lat (WGS 84 degrees)
-- index: feature_pkey, feature_parent_idx, feature_change_open_idx
WITH found AS (
  SELECT f.id FROM feature f WHERE f.id = %(id)s::bigint
  UNION SELECT c.id FROM feature c WHERE c.parent_id = %(id)s::bigint
  UNION SELECT g.id FROM feature c JOIN feature g ON g.parent_id = c.id WHERE c.parent_id = %(id)s::bigint)
SELECT f.id, f.layer, f.code, f.name, f.level, f.effective_level, f.status, f.missing, f.verified_on,
       f.verified_on + (ARRAY[90, 180, 365, 730])[coalesce(f.effective_level, 4)] AS valid_until,
       f.verified_on + (ARRAY[90, 180, 365, 730])[coalesce(f.effective_level, 4)] < %(today)s::date AS lapsed,
       f.attributes, f.address, f.version, f.steward_org,
       (SELECT min(p.id) FROM feature_change p WHERE p.feature_id = f.id AND p.state IN ('draft', 'submitted', 'confirmed', 'returned')) AS change,
       ST_X(f.geom) AS lon, ST_Y(f.geom) AS lat
FROM feature f
JOIN found ON found.id = f.id
WHERE f.status <> 'retired'
ORDER BY valid_until NULLS FIRST, f.rank, f.id
