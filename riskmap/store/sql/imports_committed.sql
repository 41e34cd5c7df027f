-- The batch is in force; `checker` is who approved it, none for one's own.
-- in:    batch bigint · checker text? · now timestamptz · counts jsonb
-- out:   nothing
-- index: import_batch_pkey
UPDATE import_batch SET state = 'committed', committed_at = %(now)s, checker = %(checker)s::text,
  decided_at = CASE WHEN %(checker)s::text IS NOT NULL THEN %(now)s::timestamptz END, counts = counts || %(counts)s WHERE id = %(batch)s
