-- How many records the approval of a plan creates and changes.
-- in:    batch bigint
-- out:   created, updated
-- index: import_row_pkey
SELECT count(*) FILTER (WHERE base_version IS NULL) AS created, count(*) FILTER (WHERE base_version IS NOT NULL AND outcome <> 'new') AS updated
FROM import_row WHERE batch_id = %(batch)s AND change_id IS NULL AND outcome IN ('new', 'changed', 'incomplete')
