-- One hidden danger with its record and who did what of it.
-- in:    id bigint · today date
-- out:   as dangers_where, steward_name, registered_by, rectified_by, asked_by
-- index: hidden_danger_pkey
SELECT h.*, f.name AS feature_name, f.code AS feature_code, f.layer, f.district_code, f.parent_id, f.effective_level, f.attributes ->> 'kind' AS sector,
       coalesce(h.state NOT IN ('closed', 'withdrawn') AND h.deadline_on < %(today)s::date, false) AS overdue, o.name AS steward_name,
       (SELECT actor FROM hidden_danger_event e WHERE e.danger_id = h.id ORDER BY seq LIMIT 1) AS registered_by,
       (SELECT actor FROM hidden_danger_event e WHERE e.danger_id = h.id AND e.state = 'rectified' AND e.move IN ('rectify', 'import') ORDER BY seq DESC LIMIT 1) AS rectified_by,
       (SELECT actor FROM hidden_danger_event e WHERE e.danger_id = h.id AND e.move = 'ask' ORDER BY seq DESC LIMIT 1) AS asked_by
FROM hidden_danger_now h JOIN feature f ON f.id = h.feature_id JOIN org o ON o.id = h.steward_org
WHERE h.id = %(id)s::bigint
