-- End one session.
-- in:    key bytea
-- out:   rows ended
-- index: session_pkey
DELETE FROM session WHERE key = %(key)s::bytea
