-- Another password; failures are forgotten with the old one.
-- in:    id int · password_hash text · must_change bool · now timestamptz
-- out:   nothing
-- index: account_pkey
UPDATE account SET password_hash = %(password_hash)s, must_change = %(must_change)s, password_set_at = %(now)s, failures = 0, locked_until = NULL
WHERE id = %(id)s
