-- Open a batch: one file that is about to be planned.
-- in:    layer, steward_org, actor, file_name, file_hash, crs, mapping jsonb, options jsonb, demo bool, state
-- out:   id
-- index: none
INSERT INTO import_batch (layer, steward_org, actor, file_name, file_hash, crs, mapping, options, demo, state)
VALUES (%(layer)s, %(steward_org)s, %(actor)s, %(file_name)s, %(file_hash)s, %(crs)s, %(mapping)s, %(options)s, %(demo)s, %(state)s)
RETURNING id
