-- A plan of an incident; without a number the last one.
-- in:    id bigint (incident) · number int?
-- out:   id, number, inputs, assumptions, outcome, hash, actor, person, recorded_at
-- index: plan_incident_id_number_key
SELECT id, number, inputs, assumptions, outcome, hash, actor, person, recorded_at FROM plan
WHERE incident_id = %(id)s::bigint AND (%(number)s::int IS NULL OR number = %(number)s::int) ORDER BY number DESC LIMIT 1
