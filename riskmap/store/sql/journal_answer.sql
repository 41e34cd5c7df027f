-- Keep the answer given under a client key.
-- in:    actor text · key text · status int · response jsonb
-- out:   nothing
-- index: idempotency_pkey
UPDATE idempotency SET status = %(status)s, response = %(response)s WHERE actor = %(actor)s AND key = %(key)s
