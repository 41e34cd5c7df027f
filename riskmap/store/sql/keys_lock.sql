-- One key, held until the transaction ends.
-- in:    id int? · prefix text?
-- out:   id, prefix, name, org, layers, expires_at, awaits, revoked_at
-- index: api_key_pkey, api_key_prefix_key
SELECT id, prefix, name, org, layers, expires_at, awaits, revoked_at FROM api_key
WHERE true
%given(id) AND id = %(id)s::int
%given(prefix) AND prefix = %(prefix)s::text
FOR UPDATE
