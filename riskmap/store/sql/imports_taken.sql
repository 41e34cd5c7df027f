-- New rows of the plan whose code was taken by someone else since.
-- in:    batch bigint · layer text
-- out:   row_no, code
-- index: feature (code, layer, steward_org)
SELECT r.row_no, r.payload ->> 'code' AS code
FROM import_row r JOIN feature f ON f.layer || '' = %(layer)s AND f.code = r.payload ->> 'code' AND f.steward_org = r.steward_org
WHERE r.batch_id = %(batch)s AND r.change_id IS NULL AND r.base_version IS NULL AND r.outcome IN ('new', 'incomplete', 'duplicate')
ORDER BY r.row_no LIMIT 100
