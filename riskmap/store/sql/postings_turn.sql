-- Wait for one's turn at a ledger until the transaction ends: a file that comes twice at once is seen by the second.
-- in:    ledger text
-- out:   nothing
-- index: none
SELECT pg_advisory_xact_lock(hashtextextended('ledger ' || %(ledger)s, 0))
