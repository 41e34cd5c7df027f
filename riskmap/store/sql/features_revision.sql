-- A key that is the same only while the visible data is the same: the transaction snapshot itself.
-- in:    nothing
-- out:   revision text
-- index: none
SELECT pg_current_snapshot()::text AS revision
