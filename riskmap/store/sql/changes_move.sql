-- Move a proposal to another state. Legal moves and who may make them: the trigger feature_change_moves.
-- in:    id bigint · state text · checker, reason, confirmed_by text? · feature_id bigint? (the record an approved new one became) · now timestamptz
-- out:   version
-- index: feature_change_pkey
UPDATE feature_change SET
  state = %(state)s, version = version + 1,
  checker = coalesce(%(checker)s, checker), reason = coalesce(%(reason)s, reason), feature_id = coalesce(%(feature_id)s::bigint, feature_id),
  confirmed_by = CASE %(state)s WHEN 'confirmed' THEN %(confirmed_by)s ELSE confirmed_by END,
  confirmed_at = CASE %(state)s WHEN 'confirmed' THEN %(now)s::timestamptz ELSE confirmed_at END,
  submitted_at = CASE WHEN %(state)s = 'submitted' THEN %(now)s::timestamptz ELSE submitted_at END,
  decided_at = CASE WHEN %(state)s IN ('approved', 'returned') THEN %(now)s::timestamptz ELSE decided_at END
WHERE id = %(id)s
RETURNING version
