-- Another role, unit or state of an account.
-- in:    id, org int · role, state text
-- out:   nothing
-- index: account_pkey
UPDATE account SET role = %(role)s, org = %(org)s, state = %(state)s WHERE id = %(id)s
