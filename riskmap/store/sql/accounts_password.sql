-- Another password; failures are forgotten with the old one. A reset forgets the second factor too where asked.
-- in:    id int · password_hash text · must_change bool · forget bool? (null: the second factor stays) · now timestamptz · awaits text? (whose grant a second person has to confirm)
-- out:   nothing
-- index: account_pkey
UPDATE account SET password_hash = %(password_hash)s, must_change = %(must_change)s, password_set_at = %(now)s, failures = 0, locked_until = NULL,
%given(forget) totp_secret = NULL, totp_confirmed = NOT %(forget)s::bool, totp_step = 0,
  awaits = %(awaits)s::text
WHERE id = %(id)s
