-- Hand in the proposals a batch was split into.
-- in:    batch bigint · maker text · now timestamptz
-- out:   rows written
-- index: feature_change_maker_idx
UPDATE feature_change SET state = 'submitted', version = version + 1, submitted_at = %(now)s
WHERE batch_id = %(batch)s AND maker = %(maker)s AND state = 'draft'
