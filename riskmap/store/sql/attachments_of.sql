-- What hangs on a proposal, or on a record through the proposals that were put in force; without the files themselves.
-- in:    change bigint? · feature bigint?
-- out:   id, change_id, kind, name, size (bytes), actor, recorded_at
-- index: attachment_change_idx
SELECT a.id, a.change_id, a.kind, a.name, length(a.body) AS size, a.actor, a.recorded_at
FROM attachment a JOIN feature_change c ON c.id = a.change_id
WHERE a.removed_at IS NULL
%given(change)  AND a.change_id = %(change)s::bigint
%given(feature) AND c.feature_id = %(feature)s::bigint AND c.state = 'approved'
ORDER BY a.id
