-- Rows of a plan, by outcome, in the order of the file.
-- in:    batch bigint · outcome text[]? · after int · size int
-- out:   row_no, outcome, feature_id, base_version, change_id, payload, difference, findings, raw
-- index: import_row_outcome_idx
SELECT row_no, outcome, feature_id, base_version, change_id, payload - 'search' AS payload, difference, findings, raw
FROM import_row
WHERE batch_id = %(batch)s AND row_no > %(after)s AND (%(outcome)s::text[] IS NULL OR outcome = ANY (%(outcome)s::text[]))
ORDER BY row_no LIMIT %(size)s
