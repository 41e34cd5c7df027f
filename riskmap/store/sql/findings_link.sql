-- The hidden dangers an inspection found, of those on its record, on the enterprise of it or on anything under that.
-- in:    inspection bigint · dangers bigint[]
-- out:   danger_id
-- index: hidden_danger_pkey, feature_parent_idx
INSERT INTO inspection_danger (inspection_id, steward_org, danger_id)
SELECT i.id, i.steward_org, d.id
FROM inspection i JOIN feature s ON s.id = i.feature_id JOIN hidden_danger d ON d.id = ANY (%(dangers)s::bigint[]) JOIN feature f ON f.id = d.feature_id
LEFT JOIN feature p ON p.id = f.parent_id
WHERE i.id = %(inspection)s::bigint AND (f.id = s.id OR f.parent_id = s.id OR p.parent_id = s.id OR f.parent_id = s.parent_id OR f.id = s.parent_id)
RETURNING danger_id
