-- Put chemical holdings on record with major hazards named by code. A code that is not there is left out.
-- in:    layer text · feature_code, chemical, cas, class_symbol text[] · quantity_t, design_max_t numeric[] (tonnes) · actor text · now timestamptz
-- out:   nothing
-- index: feature_layer_code_steward_org_key
INSERT INTO holding (feature_id, steward_org, chemical, cas, class_symbol, quantity_t, design_max_t, actor, recorded_at)
SELECT f.id, f.steward_org, h.chemical, h.cas, h.symbol, h.quantity, h.design, %(actor)s, %(now)s
FROM unnest(%(feature_code)s::text[], %(chemical)s::text[], %(cas)s::text[], %(class_symbol)s::text[], %(quantity_t)s::numeric[],
            %(design_max_t)s::numeric[]) WITH ORDINALITY AS h(code, chemical, cas, symbol, quantity, design, place)
JOIN feature f ON f.layer = %(layer)s AND f.code = h.code
ORDER BY h.place
