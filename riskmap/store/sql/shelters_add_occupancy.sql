-- Tell how many people are in a shelter.
-- in:    id bigint · steward, people int · note text · at timestamptz · actor text
-- out:   id
-- index: none
INSERT INTO shelter_occupancy (feature_id, steward_org, people, note, counted_at, actor)
VALUES (%(id)s::bigint, %(steward)s::int, %(people)s::int, %(note)s::text, %(at)s::timestamptz, %(actor)s::text) RETURNING id
