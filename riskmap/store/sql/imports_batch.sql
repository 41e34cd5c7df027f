-- One batch.
-- in:    layer text · batch bigint
-- out:   the batch
-- index: import_batch_pkey
SELECT id, layer, steward_org, actor, file_name, file_hash, crs, mapping, options, state, plan_hash, counts, findings, progress, demo, created_at, committed_at, undone_at
FROM import_batch WHERE id = %(batch)s AND layer = %(layer)s
