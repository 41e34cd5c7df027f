-- One batch.
-- in:    layer text · batch bigint
-- out:   the batch
-- index: import_batch_pkey
SELECT id, layer, steward_org, actor, file_name, file_hash, crs, mapping, options, state, plan_hash, counts, findings, progress, demo, created_at, committed_at, undone_at,
  note, reason, checker, submitted_at, decided_at, undo_reason, undo_asked_at, undone_by
FROM import_batch WHERE id = %(batch)s AND layer = %(layer)s
