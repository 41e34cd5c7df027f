-- The batch is undone.
-- in:    batch bigint · actor text · now timestamptz
-- out:   nothing
-- index: import_batch_pkey
UPDATE import_batch SET state = 'undone', undone_at = %(now)s, undone_by = %(actor)s WHERE id = %(batch)s
