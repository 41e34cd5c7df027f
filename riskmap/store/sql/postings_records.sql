-- Records of a layer that ledger rows name by code, as far as the asker may write on them.
-- in:    layer text · codes text[] · orgs int[] · city bool (sees and keeps all)
-- out:   id, code, name, steward_org, status, hazard_grade, population_500m
-- index: feature_code_layer_steward_org_key
SELECT f.id, f.code, f.name, f.steward_org, f.status, f.attributes ->> 'hazard_grade' AS hazard_grade,
       (f.attributes ->> 'population_500m')::int AS population_500m
FROM feature f
WHERE f.code = ANY (%(codes)s::text[]) AND f.layer = %(layer)s AND (%(city)s::bool OR f.steward_org = ANY (%(orgs)s::int[]))
ORDER BY f.id
