-- Rows of the plan whose record was changed by someone else since: the plan is stale for them.
-- in:    batch bigint
-- out:   row_no, feature_id, planned version, version now
-- index: feature_pkey
SELECT r.row_no, r.feature_id, r.base_version, f.version
FROM import_row r LEFT JOIN feature f ON f.id = r.feature_id
WHERE r.batch_id = %(batch)s AND r.change_id IS NULL AND r.base_version IS NOT NULL AND f.version IS DISTINCT FROM r.base_version
ORDER BY r.row_no LIMIT 100
