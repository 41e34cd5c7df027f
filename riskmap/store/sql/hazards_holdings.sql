-- Chemicals that stand on record at a major hazard, as they were given.
-- in:    id bigint
-- out:   id, chemical, cas, class_symbol, quantity_t, design_max_t (tonnes), amount, unit, density (t/m³), share_percent, mixture, actor, recorded_at
-- index: holding_feature_idx
SELECT h.id, h.chemical, h.cas, h.class_symbol, h.quantity_t, h.design_max_t, h.amount, h.unit, h.density, h.share_percent, h.mixture, h.actor,
       h.recorded_at
FROM holding h
WHERE h.feature_id = %(id)s::bigint AND NOT h.withdrawn AND NOT EXISTS (SELECT 1 FROM holding n WHERE n.supersedes = h.id)
ORDER BY h.id
