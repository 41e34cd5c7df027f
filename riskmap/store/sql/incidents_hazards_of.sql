-- Major hazards at a plant: under the record itself, beside it under the same enterprise, or above it.
-- in:    id bigint · layers text[] (of major hazards)
-- out:   id
-- index: feature_parent_idx, feature_pkey
SELECT DISTINCT h.id FROM feature f JOIN feature h ON h.parent_id = f.id OR h.parent_id = f.parent_id OR h.id = f.parent_id
WHERE f.id = %(id)s::bigint AND h.layer = ANY (%(layers)s::text[]) AND h.status <> 'retired' ORDER BY h.id
