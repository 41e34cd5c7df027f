-- How many rows of a plan stand outside their unit's own area: they want a word of explanation.
-- in:    batch bigint
-- out:   n
-- index: import_row_pkey
SELECT count(*) AS n FROM import_row r WHERE r.batch_id = %(batch)s AND r.change_id IS NULL AND r.payload IS NOT NULL AND r.findings @> '[{"code": "outside-unit"}]'
