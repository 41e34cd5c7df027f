-- What proves a person: told to the sign-in and to nobody else.
-- in:    id int
-- out:   password_hash text, totp_secret text?; no row to anybody but the gate
-- index: account_pkey
SELECT password_hash, totp_secret FROM app.secrets(%(id)s::int)
