-- Reports of one shelter wait for each other, as the trigger app.keep_shelter makes them.
-- in:    id bigint
-- out:   nothing
-- index: none
SELECT pg_advisory_xact_lock(hashtext('shelter'), (%(id)s::bigint %% 2147483647)::int)
