-- Keep a report; `number` null takes the next, a given one must be it.
-- in:    incident_id bigint · number int? · kind text · elements jsonb · plan_number int? · person text · now timestamptz
-- out:   id, number
-- index: report_incident_id_number_key
INSERT INTO report (incident_id, number, kind, elements, plan_number, person, recorded_at)
VALUES (%(incident_id)s::bigint, %(number)s::int, %(kind)s::text, %(elements)s::jsonb, %(plan_number)s::int, %(person)s::text, %(now)s::timestamptz)
RETURNING id, number
