-- What a client key was answered before.
-- in:    actor text · key text
-- out:   request_hash, status, response
-- index: idempotency_pkey
SELECT request_hash, status, response FROM idempotency WHERE actor = %(actor)s AND key = %(key)s
