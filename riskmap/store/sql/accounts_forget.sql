-- Forget attempts, sessions and ways to the identity provider that are over.
-- in:    since timestamptz (attempts before it) · now timestamptz (sessions that ended before it)
-- out:   nothing
-- index: signin_attempt_at_idx, oidc_flow_expires_idx
WITH over AS (DELETE FROM session WHERE expires_at < %(now)s), gone AS (DELETE FROM oidc_flow WHERE expires_at < %(now)s)
DELETE FROM signin_attempt WHERE at < %(since)s
