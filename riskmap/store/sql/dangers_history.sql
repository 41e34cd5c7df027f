-- The events of a hidden danger, oldest first.
-- in:    id bigint
-- out:   seq, move, state, deadline_on, person, unit, asked_on, supervision, note, attachment, happened_on, actor, recorded_at
-- index: hidden_danger_event_danger_idx
SELECT seq, move, state, deadline_on, person, unit, asked_on, supervision, note, attachment, happened_on, actor, recorded_at
FROM hidden_danger_event WHERE danger_id = %(id)s::bigint ORDER BY seq
