-- Hand a batch in, return it, withdraw it.
-- in:    batch bigint · state text · note text? · reason text? · checker text? · now timestamptz
-- out:   nothing
-- index: import_batch_pkey
UPDATE import_batch SET state = %(state)s,
  note = CASE WHEN %(state)s = 'submitted' THEN %(note)s::text ELSE note END,
  submitted_at = CASE WHEN %(state)s = 'submitted' THEN %(now)s::timestamptz ELSE submitted_at END,
  reason = coalesce(%(reason)s::text, reason),
  checker = CASE WHEN %(state)s = 'submitted' THEN NULL ELSE coalesce(%(checker)s::text, checker) END,
  decided_at = CASE WHEN %(state)s = 'submitted' THEN NULL WHEN %(checker)s::text IS NOT NULL THEN %(now)s::timestamptz ELSE decided_at END
WHERE id = %(batch)s
