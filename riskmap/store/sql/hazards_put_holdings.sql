-- Append chemicals to a major hazard; a line may supersede or withdraw an older one, which stays.
-- in:    feature, change bigint? · steward int · chemical, cas, class_symbol, unit, mixture text[] · supersedes bigint[] · withdrawn bool[] ·
--        quantity_t, design_max_t, amount, density, share_percent numeric[] · actor text · now timestamptz
-- out:   nothing
-- index: holding_supersedes_key
INSERT INTO holding (feature_id, steward_org, change_id, chemical, cas, class_symbol, quantity_t, design_max_t, amount, unit, density,
                     share_percent, mixture, supersedes, withdrawn, actor, recorded_at)
SELECT %(feature)s::bigint, %(steward)s::int, %(change)s::bigint, h.chemical, h.cas, h.symbol, h.quantity, h.design, h.amount, h.unit, h.density,
       h.share, h.mixture, h.supersedes, h.withdrawn, %(actor)s, %(now)s::timestamptz
FROM unnest(%(chemical)s::text[], %(cas)s::text[], %(class_symbol)s::text[], %(quantity_t)s::numeric[], %(design_max_t)s::numeric[],
            %(amount)s::numeric[], %(unit)s::text[], %(density)s::numeric[], %(share_percent)s::numeric[], %(mixture)s::text[],
            %(supersedes)s::bigint[], %(withdrawn)s::bool[])
     WITH ORDINALITY AS h(chemical, cas, symbol, quantity, design, amount, unit, density, share, mixture, supersedes, withdrawn, place)
ORDER BY h.place
