-- One move of a hidden danger at a time, until the transaction ends.
-- in:    id bigint
-- out:   nothing
-- index: none
SELECT pg_advisory_xact_lock(hashtextextended('hidden_danger', %(id)s::bigint))
