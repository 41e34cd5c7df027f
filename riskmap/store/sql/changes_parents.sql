-- Records named as parents.
-- in:    ids bigint[]
-- out:   id, layer, code, name, effective_level
-- index: feature_pkey
SELECT id, layer, code, name, effective_level FROM feature WHERE id = ANY (%(ids)s::bigint[])
