-- Another password; failures are forgotten with the old one. A reset forgets the second factor too where asked.
-- in:    id int · password_hash text · must_change, forget bool · now timestamptz · awaits text? (whose grant a second person has to confirm)
-- out:   nothing
-- index: account_pkey
UPDATE account SET password_hash = %(password_hash)s, must_change = %(must_change)s, password_set_at = %(now)s, failures = 0, locked_until = NULL,
  totp_secret = CASE WHEN %(forget)s THEN NULL ELSE totp_secret END, totp_confirmed = totp_confirmed AND NOT %(forget)s,
  totp_step = CASE WHEN %(forget)s THEN 0 ELSE totp_step END, awaits = %(awaits)s::text
WHERE id = %(id)s
