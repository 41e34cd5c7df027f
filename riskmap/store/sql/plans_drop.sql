-- Rows of a plan make room for themselves mended.
-- in:    batch bigint · rows int[]
-- out:   rows removed
-- index: import_row_pkey
DELETE FROM import_row WHERE batch_id = %(batch)s AND row_no = ANY (%(rows)s::int[]) AND change_id IS NULL
