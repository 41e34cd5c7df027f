-- One sign-in is counted at a time, so that limits are exact.
-- in:    nothing
-- out:   one empty row
-- index: none
SELECT pg_advisory_xact_lock(7205134009)
