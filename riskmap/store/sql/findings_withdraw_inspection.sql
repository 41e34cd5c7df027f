-- Withdraw an inspection, once.
-- in:    id bigint · actor, reason text · now timestamptz
-- out:   id
-- index: inspection_pkey
UPDATE inspection SET withdrawn_by = %(actor)s::text, withdrawn_at = %(now)s::timestamptz, reason = %(reason)s::text
WHERE id = %(id)s::bigint AND withdrawn_at IS NULL RETURNING id
