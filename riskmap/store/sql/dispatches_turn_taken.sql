-- The depot's lock: who orders of it takes turns.
-- in:    depot bigint
-- out:   taken
-- index: none
SELECT pg_advisory_xact_lock(20, (%(depot)s::bigint %% 2147483647)::int) IS NULL AS taken
