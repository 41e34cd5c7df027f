-- How many rows of a plan are asked for, and how many of them stand before a row.
-- in:    what plans_where takes · at int
-- out:   n, before
-- index: import_row_pkey, import_row_outcome_idx
SELECT count(*) AS n, count(*) FILTER (WHERE r.row_no < %(at)s) AS before
FROM import_row r WHERE
%include(plans_where)
