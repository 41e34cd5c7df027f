-- Rows of a plan as asked for, in the order of the file.
-- in:    what plans_where takes · rows int[]? · after int? · skip int? · size int
-- out:   row_no, steward_org, outcome, feature_id, base_version, change_id, payload, difference, findings, cells (as read or mended), was (mended cells as they came)
-- index: import_row_pkey, import_row_outcome_idx
SELECT r.row_no, r.steward_org, r.outcome, r.feature_id, r.base_version, r.change_id, r.payload - 'search' AS payload, r.difference, r.findings,
  coalesce(r.raw -> 'cells', '{}') AS cells, coalesce(r.raw -> 'was', '{}') AS was
FROM import_row r WHERE
%include(plans_where)
%given(rows) AND r.row_no = ANY (%(rows)s::int[])
%given(after) AND r.row_no > %(after)s
ORDER BY r.row_no LIMIT %(size)s
%given(skip) OFFSET %(skip)s
