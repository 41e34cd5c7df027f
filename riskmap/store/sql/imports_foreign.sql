-- Rows of a plan that would change what is not the asker's to change, or what has an open proposal already.
-- in:    batch bigint
-- out:   row_no, feature_id, why (not-own / open-proposal)
-- index: import_row_outcome_idx, feature_pkey, feature_change_open_idx
SELECT r.row_no, r.feature_id, CASE WHEN f.id IS NULL THEN 'not-own' ELSE 'open-proposal' END AS why
FROM import_row r
LEFT JOIN feature f ON f.id = r.feature_id AND (app.sees_all() OR f.steward_org = ANY (app.orgs()))
WHERE r.batch_id = %(batch)s AND r.change_id IS NULL AND r.base_version IS NOT NULL AND r.outcome IN ('changed', 'incomplete')
  AND (f.id IS NULL OR EXISTS (SELECT 1 FROM feature_change c WHERE c.feature_id = r.feature_id AND c.state IN ('draft', 'submitted', 'confirmed', 'returned')))
ORDER BY r.row_no LIMIT 100
