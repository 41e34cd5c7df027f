-- Whose a key is and what it sees: the organisation and all under it. Asked by the sign-in alone.
-- in:    digest bytea
-- out:   id, prefix, name, layers text[]?, expires_at, awaits, revoked_at, last_used_at, org, unit, org_kind, orgs int[]; no row for a key nobody made
-- index: api_key_key_hash_key, api_key_pkey, org_pkey
SELECT k.id, k.prefix, k.name, k.layers, k.expires_at, k.awaits, k.revoked_at, k.last_used_at, k.org, o.name AS unit, o.kind AS org_kind,
       (WITH RECURSIVE mine AS (SELECT k.org AS id UNION SELECT c.id FROM org c JOIN mine m ON c.parent_id = m.id)
        SELECT CASE WHEN o.kind = 'city' THEN ARRAY[k.org] ELSE (SELECT array_agg(id ORDER BY id) FROM mine) END) AS orgs
FROM api_key k JOIN org o ON o.id = k.org
WHERE k.id = (SELECT app.key_of(%(digest)s::bytea))
