-- What rows of a plan are mended from.
-- in:    what plans_where takes · rows int[]?
-- out:   row_no, change_id, raw, findings
-- index: import_row_pkey
SELECT r.row_no, r.change_id, r.raw, r.findings FROM import_row r WHERE
%include(plans_where)
%given(rows) AND r.row_no = ANY (%(rows)s::int[])
ORDER BY r.row_no
