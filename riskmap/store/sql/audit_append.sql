-- Put rows at the end of the chain.
-- in:    ids bigint[] · numbers bigint[] · previous text[] · hashes text[] (as long as each other)
-- out:   nothing
-- index: audit_seal_pkey
INSERT INTO audit_seal (audit_id, number, previous, hash)
SELECT * FROM unnest(%(ids)s::bigint[], %(numbers)s::bigint[], %(previous)s::text[], %(hashes)s::text[])
