-- The way a browser began, once: it is gone with the asking.
-- in:    key bytea
-- out:   state, nonce, verifier, next, expires_at; no row when there is none, or it was taken
-- index: oidc_flow_pkey
DELETE FROM oidc_flow WHERE key = %(key)s::bytea RETURNING state, nonce, verifier, next, expires_at
