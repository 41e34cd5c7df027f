-- Become the one sealer for this transaction, if nobody else is.
-- in:    nothing
-- out:   mine bool
-- index: none
SELECT pg_try_advisory_xact_lock(7205134002) AS mine
