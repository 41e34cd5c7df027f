-- When a person came in last.
-- in:    id int · now timestamptz
-- out:   nothing
-- index: account_pkey
UPDATE account SET last_seen_at = %(now)s WHERE id = %(id)s
