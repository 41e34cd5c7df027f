-- Every account, without its secrets.
-- in:    nothing
-- out:   id, login, name, role, org (code), unit, state, second_factor bool, must_change, locked_until, last_seen_at, created_by, created_at, awaits text?, subject text?, sessions
-- index: account_pkey, session_account_idx
SELECT a.id, a.login, a.name, a.role, o.code AS org, o.name AS unit, a.state, a.totp_confirmed AS second_factor, a.must_change, a.locked_until,
       a.last_seen_at, a.created_by, a.created_at, a.awaits, a.oidc_subject AS subject,
       (SELECT count(*)::int FROM session s WHERE s.account_id = a.id AND s.kind = 'full' AND s.expires_at > now()) AS sessions
FROM account a JOIN org o ON o.id = a.org
ORDER BY a.login
