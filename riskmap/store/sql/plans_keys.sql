-- What the rows of a plan are compared with their like by.
-- in:    batch bigint
-- out:   row_no, change_id, keys (code, name, parent_code, lon, lat), twin (kind, first row of its like)
-- index: import_row_pkey
SELECT row_no, change_id, raw -> 'keys' AS keys, raw -> 'twin' AS twin FROM import_row WHERE batch_id = %(batch)s ORDER BY row_no
