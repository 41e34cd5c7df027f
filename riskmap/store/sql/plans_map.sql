-- The batch reads its file by this mapping from now on.
-- in:    batch bigint · mapping jsonb
-- out:   nothing
-- index: import_batch_pkey
UPDATE import_batch SET mapping = %(mapping)s WHERE id = %(batch)s
