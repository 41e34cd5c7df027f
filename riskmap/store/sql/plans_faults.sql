-- What is said about the rows of a plan, by kind, the most frequent first.
-- in:    batch bigint
-- out:   code, severity, reason (of the first such row), rows, proposals (how many carry a mend)
-- index: import_row_pkey
SELECT f ->> 'code' AS code, min(f ->> 'severity') AS severity, (array_agg(f ->> 'reason' ORDER BY r.row_no))[1] AS reason, count(DISTINCT r.row_no) AS rows,
  count(*) FILTER (WHERE f #>> '{proposal,mend}' IS NOT NULL) AS proposals
FROM import_row r CROSS JOIN LATERAL jsonb_array_elements(r.findings) f
WHERE r.batch_id = %(batch)s AND r.findings <> '[]' AND r.change_id IS NULL
GROUP BY 1 ORDER BY count(*) DESC, 1
