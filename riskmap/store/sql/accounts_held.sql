-- One account for the sign-in or its management, held until the transaction ends. Without its secrets: accounts_secrets.
-- in:    login text? · id int? · subject text? (what the identity provider calls the person)
-- out:   every column of account but its secrets and who made it
-- index: account_login_key, account_pkey, account_oidc_subject_key
SELECT id, login, name, org, role, state, must_change, password_set_at, totp_confirmed, totp_step, failures, locked_until, awaits, oidc_subject
FROM account
WHERE true
%given(login) AND login = %(login)s::text
%given(id) AND id = %(id)s::int
%given(subject) AND oidc_subject = %(subject)s::text
FOR UPDATE
