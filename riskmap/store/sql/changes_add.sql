-- Begin a proposal; the life cycle's trigger sees to it that it begins as a draft of who is signed in.
-- in:    layer, kind text · feature_id bigint? · base_version int? · steward_org int · payload, findings jsonb · maker text · to_org int? (of a transfer, which goes from steward_org) · now timestamptz
-- out:   id
-- index: feature_change_open_idx refuses a second open proposal of one record
INSERT INTO feature_change (layer, kind, feature_id, base_version, steward_org, payload, findings, state, maker, from_org, to_org, created_at, edited_at)
VALUES (%(layer)s, %(kind)s, %(feature_id)s, %(base_version)s, %(steward_org)s, %(payload)s, %(findings)s, 'draft', %(maker)s, CASE WHEN %(to_org)s::int IS NOT NULL THEN %(steward_org)s::int END, %(to_org)s::int, %(now)s, %(now)s)
RETURNING id
