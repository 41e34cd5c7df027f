-- One import of roads at a time; held to the end of the transaction.
-- in:    key bigint
-- out:   nothing of use
-- index: none
SELECT pg_advisory_xact_lock(%(key)s::bigint)
