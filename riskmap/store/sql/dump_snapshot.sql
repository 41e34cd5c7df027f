-- A name under which other sessions see exactly what this transaction sees.
-- in:    nothing
-- out:   name
-- index: none
SELECT pg_export_snapshot() AS name
