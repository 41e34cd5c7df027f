-- Reports of an incident, oldest first.
-- in:    incident_id bigint
-- out:   id, number, kind, elements, plan_number, actor, person, recorded_at
-- index: report_incident_id_number_key
SELECT id, number, kind, elements, plan_number, actor, person, recorded_at FROM report WHERE incident_id = %(incident_id)s::bigint ORDER BY number
