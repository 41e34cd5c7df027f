-- Incidents, open before closed, newest first.
-- in:    state text? · before bigint (id) · size int
-- out:   as incidents_one
-- index: incident_pkey
SELECT n.*, d.name AS district, (SELECT count(*) FROM plan p WHERE p.incident_id = n.id) AS plans
FROM incident_now n LEFT JOIN district d ON d.code = n.district_code
WHERE n.id < %(before)s::bigint
%given(state) AND n.state = %(state)s::text
ORDER BY n.state = 'closed', n.id DESC LIMIT %(size)s::int
