-- The second person's yes to a key.
-- in:    id int
-- out:   nothing
-- index: api_key_pkey
UPDATE api_key SET awaits = NULL WHERE id = %(id)s
