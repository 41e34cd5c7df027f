-- Its maker asks that a batch in force be taken back.
-- in:    batch bigint · reason text · now timestamptz
-- out:   nothing
-- index: import_batch_pkey
UPDATE import_batch SET undo_reason = %(reason)s, undo_asked_at = %(now)s WHERE id = %(batch)s
