-- A key that opens nothing any more.
-- in:    id int · by text · now timestamptz
-- out:   nothing
-- index: api_key_pkey
UPDATE api_key SET revoked_at = %(now)s, revoked_by = %(by)s WHERE id = %(id)s
