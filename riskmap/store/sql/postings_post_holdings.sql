-- Put chemical holdings on record with major hazards named by id; a row may supersede an older one, which stays.
-- in:    feature_id, supersedes bigint[] · steward_org int[] · chemical, cas, class_symbol text[] · quantity_t, design_max_t numeric[] (tonnes) ·
--        batch bigint · actor text · now timestamptz
-- out:   nothing
-- index: holding_supersedes_key
INSERT INTO holding (feature_id, steward_org, chemical, cas, class_symbol, quantity_t, design_max_t, supersedes, batch_id, actor, recorded_at)
SELECT h.feature, h.steward, h.chemical, h.cas, h.symbol, h.quantity, h.design, h.supersedes, %(batch)s, %(actor)s, %(now)s
FROM unnest(%(feature_id)s::bigint[], %(steward_org)s::int[], %(chemical)s::text[], %(cas)s::text[], %(class_symbol)s::text[],
            %(quantity_t)s::numeric[], %(design_max_t)s::numeric[], %(supersedes)s::bigint[])
     WITH ORDINALITY AS h(feature, steward, chemical, cas, symbol, quantity, design, supersedes, place)
ORDER BY h.place
