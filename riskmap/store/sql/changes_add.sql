-- Begin a proposal; the life cycle's trigger sees to it that it begins as a draft of who is signed in.
-- in:    layer, kind text · feature_id bigint? · base_version int? · steward_org int · payload, findings jsonb · maker text · now timestamptz
-- out:   id
-- index: feature_change_open_idx refuses a second open proposal of one record
INSERT INTO feature_change (layer, kind, feature_id, base_version, steward_org, payload, findings, state, maker, created_at, edited_at)
VALUES (%(layer)s, %(kind)s, %(feature_id)s, %(base_version)s, %(steward_org)s, %(payload)s, %(findings)s, 'draft', %(maker)s, %(now)s, %(now)s)
RETURNING id
