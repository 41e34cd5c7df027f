-- How many audit rows have waited longer than ten seconds for their seal.
-- in:    nothing
-- out:   n int
-- index: audit_seal_pkey
SELECT count(*)::int AS n FROM audit a
WHERE a.at < now() - interval '10 seconds' AND NOT EXISTS (SELECT 1 FROM audit_seal s WHERE s.audit_id = a.id)
