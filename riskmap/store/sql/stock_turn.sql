-- Move a document to its next state; the database makes the movements.
-- in:    id bigint · state text · checker, answer text? · decided_at timestamptz?
-- out:   state
-- index: stock_document_pkey
UPDATE stock_document SET state = %(state)s, checker = coalesce(%(checker)s::text, checker), answer = coalesce(%(answer)s::text, answer),
       decided_at = coalesce(%(decided_at)s::timestamptz, decided_at)
WHERE id = %(id)s
RETURNING state
