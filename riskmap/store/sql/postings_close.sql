-- A ledger's batch is on record.
-- in:    batch bigint · counts, findings jsonb · now timestamptz
-- out:   nothing
-- index: import_batch_pkey
UPDATE import_batch SET state = 'committed', counts = %(counts)s::jsonb, findings = %(findings)s::jsonb, committed_at = %(now)s
WHERE id = %(batch)s::bigint
