-- Keep a plan as it was made; its number is the incident's next.
-- in:    incident_id bigint · inputs, assumptions, outcome jsonb · hash, person text · touches int[] · now timestamptz
-- out:   id, number
-- index: plan_incident_id_number_key
INSERT INTO plan (incident_id, inputs, assumptions, outcome, hash, touches, person, recorded_at)
VALUES (%(incident_id)s::bigint, %(inputs)s::jsonb, %(assumptions)s::jsonb, %(outcome)s::jsonb, %(hash)s::text, %(touches)s::int[], %(person)s::text, %(now)s::timestamptz)
RETURNING id, number
