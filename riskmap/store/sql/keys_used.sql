-- A key was used.
-- in:    id int · now timestamptz · address text
-- out:   nothing
-- index: api_key_pkey
UPDATE api_key SET last_used_at = %(now)s, last_address = %(address)s WHERE id = %(id)s
