-- The batch, locked for the one who commits or undoes it.
-- in:    batch bigint
-- out:   state, plan_hash, counts, layer, actor, options, demo, steward_org, findings, checker, crs, mapping
-- index: import_batch_pkey
SELECT state, plan_hash, counts, layer, actor, options, demo, steward_org, findings, checker, crs, mapping FROM import_batch WHERE id = %(batch)s FOR UPDATE
