-- The end of the chain.
-- in:    nothing
-- out:   number, hash, audit_id
-- index: audit_seal_number_key
SELECT number, hash, audit_id FROM audit_seal ORDER BY number DESC LIMIT 1
