-- States of a shelter as they were told, the last first.
-- in:    id bigint · size int
-- out:   id, state, counted bool, note, happened_at, actor, recorded_at, opened_at
-- index: shelter_state_feature_idx
SELECT id, state, counted, note, happened_at, actor, recorded_at, opened_at FROM shelter_state
WHERE feature_id = %(id)s::bigint ORDER BY id DESC LIMIT %(size)s::int
