-- Hang a file on a proposal; its trigger looks who adds it and whether it may be edited still.
-- in:    change bigint · steward_org int · kind, name, hash text · body bytea · actor text · now timestamptz
-- out:   id
-- index: attachment_once_idx refuses the same file twice
INSERT INTO attachment (change_id, steward_org, kind, name, hash, body, actor, recorded_at)
VALUES (%(change)s, %(steward_org)s, %(kind)s, %(name)s, %(hash)s, %(body)s, %(actor)s, %(now)s)
ON CONFLICT (change_id, hash) WHERE removed_at IS NULL DO NOTHING
RETURNING id
