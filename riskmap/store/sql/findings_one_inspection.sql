-- Who wrote it and whether it stands.
-- in:    id bigint
-- out:   id, feature_id, steward_org, actor, withdrawn_at
-- index: inspection_pkey
SELECT id, feature_id, steward_org, actor, withdrawn_at FROM inspection WHERE id = %(id)s::bigint
