-- Hold the records a plan changes until the transaction ends, so that whether they moved on is asked of what stands still.
-- in:    batch bigint
-- out:   rows held
-- index: import_row_outcome_idx, feature_pkey
SELECT f.id FROM feature f
WHERE f.id IN (SELECT r.feature_id FROM import_row r WHERE r.batch_id = %(batch)s AND r.change_id IS NULL AND r.outcome IN ('changed', 'incomplete') AND r.base_version IS NOT NULL)
ORDER BY f.id FOR UPDATE OF f
