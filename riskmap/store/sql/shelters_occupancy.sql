-- Counts of people in a shelter, the latest first.
-- in:    id bigint · size int
-- out:   id, people, note, counted_at, actor, recorded_at
-- index: shelter_occupancy_feature_idx
SELECT id, people, note, counted_at, actor, recorded_at FROM shelter_occupancy
WHERE feature_id = %(id)s::bigint ORDER BY counted_at DESC, id DESC LIMIT %(size)s::int
