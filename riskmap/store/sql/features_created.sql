-- The record a batch of one created.
-- in:    batch bigint
-- out:   id
-- index: feature_batch_idx
SELECT id FROM feature WHERE batch_id = %(batch)s ORDER BY id LIMIT 1
