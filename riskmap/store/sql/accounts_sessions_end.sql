-- End every session of a person but the newest few.
-- in:    account_id int · keep int
-- out:   rows ended
-- index: session_account_idx
DELETE FROM session WHERE account_id = %(account_id)s::int
  AND key NOT IN (SELECT key FROM session WHERE account_id = %(account_id)s::int ORDER BY created_at DESC, key LIMIT %(keep)s::int)
