-- Move a dispatch on; who and when is the database's, the movements too.
-- in:    id bigint · state text · answer text?
-- out:   state
-- index: stock_document_pkey
UPDATE stock_document SET state = %(state)s::text, answer = coalesce(%(answer)s::text, answer) WHERE id = %(id)s::bigint AND kind = 'dispatch' RETURNING state
