-- Every key, or one, without what opens; the newest first.
-- in:    id int?
-- out:   id, prefix, name, org (code), unit, layers text[]?, created_by, created_at, expires_at, awaits text?, revoked_at, revoked_by, last_used_at, last_address
-- index: api_key_pkey, org_pkey
SELECT k.id, k.prefix, k.name, o.code AS org, o.name AS unit, k.layers, k.created_by, k.created_at, k.expires_at, k.awaits, k.revoked_at, k.revoked_by,
       k.last_used_at, k.last_address
FROM api_key k JOIN org o ON o.id = k.org
WHERE true
%given(id) AND k.id = %(id)s::int
ORDER BY k.id DESC
