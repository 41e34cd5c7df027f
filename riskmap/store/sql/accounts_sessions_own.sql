-- The sessions of a person that are not over, newest first.
-- in:    account_id int · now timestamptz
-- out:   key bytea, kind, created_at, seen_at, expires_at, address, user_agent
-- index: session_account_idx
SELECT key, kind, created_at, seen_at, expires_at, address, user_agent
FROM session WHERE account_id = %(account_id)s::int AND expires_at > %(now)s::timestamptz
ORDER BY created_at DESC, key
