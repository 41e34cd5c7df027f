-- Who a session is, with what the person sees: the organisation and all under it.
-- in:    key bytea
-- out:   kind, via, created_at, seen_at, expires_at, account_id, login, name, role, state, awaits, org, unit, org_kind, orgs int[]
-- index: session_pkey, account_pkey, org_pkey
SELECT s.kind, s.via, s.created_at, s.seen_at, s.expires_at, a.id AS account_id, a.login, a.name, a.role, a.state, a.awaits, a.org, o.name AS unit, o.kind AS org_kind,
       (WITH RECURSIVE mine AS (SELECT a.org AS id UNION SELECT c.id FROM org c JOIN mine m ON c.parent_id = m.id)
        SELECT CASE WHEN o.kind = 'city' THEN ARRAY[a.org] ELSE (SELECT array_agg(id ORDER BY id) FROM mine) END) AS orgs
FROM session s JOIN account a ON a.id = s.account_id JOIN org o ON o.id = a.org
WHERE s.key = %(key)s::bytea
