-- A new account, its password good for one sign-in.
-- in:    login, name, role, password_hash, created_by text · awaits text? (who grants it, until a second person confirms) · org int · now timestamptz
-- out:   id
-- index: account_login_key
INSERT INTO account (login, name, org, role, password_hash, must_change, password_set_at, created_by, created_at, awaits)
VALUES (%(login)s, %(name)s, %(org)s, %(role)s, %(password_hash)s, true, %(now)s, %(created_by)s, %(now)s, %(awaits)s::text)
RETURNING id
