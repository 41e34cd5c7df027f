-- A new key of a program.
-- in:    prefix, name, created_by text · digest bytea · org int · layers text[]? (null: every layer) · now, expires_at timestamptz · awaits text? (who grants it, until a second person confirms)
-- out:   id
-- index: api_key_prefix_key
INSERT INTO api_key (prefix, key_hash, name, org, layers, created_by, created_at, expires_at, awaits)
VALUES (%(prefix)s, %(digest)s, %(name)s, %(org)s, %(layers)s::text[], %(created_by)s, %(now)s, %(expires_at)s, %(awaits)s::text)
RETURNING id
