-- Open a session.
-- in:    key bytea · account_id int · kind, via text · now, expires_at timestamptz · address, user_agent text
-- out:   nothing
-- index: none
INSERT INTO session (key, account_id, kind, via, created_at, seen_at, expires_at, address, user_agent)
VALUES (%(key)s, %(account_id)s, %(kind)s, %(via)s, %(now)s, %(now)s, %(expires_at)s, %(address)s, %(user_agent)s)
