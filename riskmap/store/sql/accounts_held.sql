-- One account for the sign-in or its management, held until the transaction ends.
-- in:    login text? · id int?
-- out:   every column of account but who made it
-- index: account_login_key, account_pkey
SELECT id, login, name, org, role, state, password_hash, must_change, password_set_at, totp_secret, totp_confirmed, totp_step, failures, locked_until, awaits
FROM account
WHERE true
%given(login) AND login = %(login)s::text
%given(id) AND id = %(id)s::int
FOR UPDATE
