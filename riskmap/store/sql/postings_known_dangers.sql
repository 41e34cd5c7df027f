-- Hidden dangers on record under these codes, with their state now and the day it is of.
-- in:    codes text[]
-- out:   id, feature_id, steward_org, code, title, grade, found_on, state, deadline_on, person, happened_on
-- index: hidden_danger_code_steward_org_key, hidden_danger_event_danger_idx
SELECT d.id, d.feature_id, d.steward_org, d.code, d.title, d.grade, d.found_on, e.state, e.deadline_on, e.person, e.happened_on
FROM hidden_danger d
JOIN LATERAL (SELECT * FROM hidden_danger_event e WHERE e.danger_id = d.id ORDER BY e.id DESC LIMIT 1) e ON true
WHERE d.code = ANY (%(codes)s::text[])
