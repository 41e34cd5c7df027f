-- Another role, unit or state of an account.
-- in:    id, org int · role, state text · awaits text? (whose grant a second person has to confirm)
-- out:   nothing
-- index: account_pkey
UPDATE account SET role = %(role)s, org = %(org)s, state = %(state)s, awaits = %(awaits)s::text WHERE id = %(id)s
