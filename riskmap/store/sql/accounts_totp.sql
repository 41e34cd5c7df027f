-- The second factor of an account: its secret, whether a first code was given, the last step used.
-- in:    id int · secret text? · confirmed bool · step bigint
-- out:   nothing
-- index: account_pkey
UPDATE account SET totp_secret = %(secret)s::text, totp_confirmed = %(confirmed)s, totp_step = %(step)s WHERE id = %(id)s
