-- One process writes grades at a time: waits for the others until the end of their transaction.
-- in:    key bigint
-- out:   nothing
-- index: none
SELECT pg_advisory_xact_lock(%(key)s::bigint)
