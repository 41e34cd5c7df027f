-- Claim a client key; a second claim waits for the first transaction to end and then finds nothing to insert.
-- in:    actor text · key text · route text · request_hash text
-- out:   rows written (0: the key was used)
-- index: idempotency_pkey
INSERT INTO idempotency (actor, key, route, request_hash) VALUES (%(actor)s, %(key)s, %(route)s, %(request_hash)s) ON CONFLICT DO NOTHING
