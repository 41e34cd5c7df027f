-- The batch is undone.
-- in:    batch bigint · now timestamptz
-- out:   nothing
-- index: import_batch_pkey
UPDATE import_batch SET state = 'undone', undone_at = %(now)s WHERE id = %(batch)s
