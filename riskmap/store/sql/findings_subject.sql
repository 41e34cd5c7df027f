-- The record an inspection or a violation is to hang on, where it is in force and the asker's own to write for.
-- in:    id bigint
-- out:   id, layer, name, code, status, steward_org
-- index: feature_pkey
SELECT f.id, f.layer, f.name, f.code, f.status, f.steward_org FROM feature f WHERE f.id = %(id)s::bigint
