-- Failures counted against an account, and until when it is locked.
-- in:    id, failures int · locked_until timestamptz?
-- out:   nothing
-- index: account_pkey
UPDATE account SET failures = %(failures)s, locked_until = %(locked_until)s::timestamptz WHERE id = %(id)s
