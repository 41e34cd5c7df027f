-- Whether the session of a change still stands: asked by the person, who sees the own sessions only.
-- in:    key bytea · role text · org int
-- out:   stands bool; no row when the session is gone
-- index: session_pkey, account_pkey
SELECT a.state = 'active' AND a.awaits IS NULL AND a.role = %(role)s::text AND a.org = %(org)s::int AND s.kind = 'full'
       AND s.expires_at > clock_timestamp() AS stands
FROM session s JOIN account a ON a.id = s.account_id
WHERE s.key = %(key)s::bytea
