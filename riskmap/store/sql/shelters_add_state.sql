-- Tell a state of a shelter; the record follows by its trigger.
-- in:    id bigint · steward int · state, note text · at timestamptz · counted bool · actor text
-- out:   id
-- index: none
INSERT INTO shelter_state (feature_id, steward_org, state, note, happened_at, counted, actor)
VALUES (%(id)s::bigint, %(steward)s::int, %(state)s::text, %(note)s::text, %(at)s::timestamptz, %(counted)s::bool, %(actor)s::text) RETURNING id
