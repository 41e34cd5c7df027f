-- One proposal, held until the transaction ends; nothing where it is absent or not the reader's.
-- in:    id bigint
-- out:   every column of it
-- index: feature_change_pkey
SELECT id, layer, kind, feature_id, base_version, steward_org, payload, findings, state, version, maker, checker, reason, created_at, submitted_at, decided_at, from_org, to_org, confirmed_by, confirmed_at
FROM feature_change WHERE id = %(id)s FOR UPDATE
