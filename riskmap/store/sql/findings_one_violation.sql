-- Who wrote it and whether it stands.
-- in:    id bigint
-- out:   id, feature_id, steward_org, actor, withdrawn_at
-- index: violation_pkey
SELECT id, feature_id, steward_org, actor, withdrawn_at FROM violation WHERE id = %(id)s::bigint
