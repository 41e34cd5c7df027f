-- Put hidden dangers on record with risk sources named by code.
-- in:    layer text · code, feature_code, title, grade text[] · found_on date[] · actor text · demo bool · now timestamptz
-- out:   nothing
-- index: feature_layer_code_steward_org_key
INSERT INTO hidden_danger (feature_id, steward_org, code, title, grade, found_on, actor, demo, recorded_at)
SELECT f.id, f.steward_org, d.code, d.title, d.grade, d.found_on, %(actor)s, %(demo)s, %(now)s
FROM unnest(%(code)s::text[], %(feature_code)s::text[], %(title)s::text[], %(grade)s::text[], %(found_on)s::date[])
     WITH ORDINALITY AS d(code, feature, title, grade, found_on, place)
JOIN feature f ON f.layer = %(layer)s AND f.code = d.feature
ORDER BY d.place
