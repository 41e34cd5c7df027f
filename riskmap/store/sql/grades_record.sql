-- Records of some layers as they were in force: now (until null), or by the history written before `until`.
-- in:    layers text[] · ids bigint[]? · until timestamptz?
-- index: feature_layer_idx, feature_pkey; feature_version_pkey. The arm that is not asked for folds away at planning
SELECT f.id, f.layer, f.cell, f.district_code, f.parent_id, f.level, f.effective_level, f.verified_on, f.attributes
FROM feature f
WHERE %(until)s::timestamptz IS NULL AND f.layer = ANY (%(layers)s::text[]) AND f.status = 'approved' AND f.cell IS NOT NULL
  AND (%(ids)s::bigint[] IS NULL OR f.id = ANY (%(ids)s::bigint[]))
UNION ALL
SELECT v.feature_id, v.layer, (v."row" ->> 'cell')::bigint, v."row" ->> 'district_code', (v."row" ->> 'parent_id')::bigint, (v."row" ->> 'level')::smallint,
       (v."row" ->> 'effective_level')::smallint, (v."row" ->> 'verified_on')::date, v."row" -> 'attributes'
FROM (SELECT DISTINCT ON (h.feature_id) h.feature_id, h.layer, h."row"
      FROM feature_version h
      WHERE %(until)s::timestamptz IS NOT NULL AND h.layer = ANY (%(layers)s::text[]) AND h.recorded_at < %(until)s::timestamptz
        AND (%(ids)s::bigint[] IS NULL OR h.feature_id = ANY (%(ids)s::bigint[]))
      ORDER BY h.feature_id, h.version DESC) v
WHERE v."row" ->> 'status' = 'approved' AND v."row" ->> 'cell' IS NOT NULL
