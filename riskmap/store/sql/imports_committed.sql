-- The batch is done.
-- in:    batch bigint · now timestamptz · counts jsonb
-- out:   nothing
-- index: import_batch_pkey
UPDATE import_batch SET state = 'committed', committed_at = %(now)s, counts = counts || %(counts)s WHERE id = %(batch)s
