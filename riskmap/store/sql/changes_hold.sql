-- The record a proposal is about, held until the transaction ends.
-- in:    id bigint
-- out:   version
-- index: feature_pkey
SELECT version FROM feature WHERE id = %(id)s FOR UPDATE
