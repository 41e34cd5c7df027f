-- One proposal with the name of its owner and its moves; nothing where it is absent or not the reader's.
-- in:    id bigint
-- out:   its columns, steward_name, moves as JSON, oldest first
-- index: feature_change_pkey, feature_change_event_change_idx
SELECT c.id, c.layer, c.kind, c.feature_id, c.base_version, c.steward_org, c.payload, c.findings, c.state, c.version, c.maker, c.checker, c.reason,
       c.created_at, c.submitted_at, c.decided_at, c.edited_at, c.from_org, c.to_org, c.confirmed_by, c.confirmed_at, o.name AS steward_name, g.name AS from_name, k.name AS to_name,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('from', e.from_state, 'to', e.to_state, 'actor', e.actor, 'role', e.role, 'reason', e.reason,
                 'version', e.version, 'recorded_at', e.recorded_at) ORDER BY e.id), '[]') FROM feature_change_event e WHERE e.change_id = c.id) AS moves
FROM feature_change c JOIN org o ON o.id = c.steward_org LEFT JOIN org g ON g.id = c.from_org LEFT JOIN org k ON k.id = c.to_org
WHERE c.id = %(id)s
