-- A session was used.
-- in:    key bytea · now timestamptz
-- out:   nothing
-- index: session_pkey
UPDATE session SET seen_at = %(now)s WHERE key = %(key)s::bytea AND seen_at < %(now)s
