-- An incident as it is known now.
-- in:    id bigint
-- out:   columns of incident_now, district (name), plans (how many)
-- index: incident_pkey, incident_log_incident_id_seq_key
SELECT n.*, d.name AS district, (SELECT count(*) FROM plan p WHERE p.incident_id = n.id) AS plans
FROM incident_now n LEFT JOIN district d ON d.code = n.district_code WHERE n.id = %(id)s::bigint
