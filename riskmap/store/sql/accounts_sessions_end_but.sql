-- End one session of a person, or all but one.
-- in:    account_id int · key bytea · others bool (true: all but the key)
-- out:   rows ended
-- index: session_account_idx
DELETE FROM session WHERE account_id = %(account_id)s::int AND (key = %(key)s::bytea) <> %(others)s::bool
