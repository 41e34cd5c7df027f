-- The batch by which a file went into a ledger, if it did.
-- in:    layer text (layer.ledger) · file_hash text
-- out:   id, counts, committed_at
-- index: none (batches are few)
SELECT id, counts, committed_at FROM import_batch WHERE layer = %(layer)s AND file_hash = %(file_hash)s AND state = 'committed' ORDER BY id LIMIT 1
