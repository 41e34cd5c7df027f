-- Tell the side that is to take a record of a confirmed transfer; the one who tells it does not see that event.
-- in:    change bigint
-- out:   nothing
-- index: feature_change_pkey
INSERT INTO event (kind, layer, steward_org, payload)
SELECT 'changes.offered', c.layer, c.to_org, jsonb_build_object('change', c.id, 'state', c.state) FROM feature_change c WHERE c.id = %(change)s::bigint
