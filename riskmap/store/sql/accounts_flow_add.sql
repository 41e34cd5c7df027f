-- Begin a way to the identity provider and back.
-- in:    key bytea · state, nonce, verifier, next text · now, expires_at timestamptz
-- out:   nothing
-- index: none
INSERT INTO oidc_flow (key, state, nonce, verifier, next, created_at, expires_at)
VALUES (%(key)s, %(state)s, %(nonce)s, %(verifier)s, %(next)s, %(now)s, %(expires_at)s)
