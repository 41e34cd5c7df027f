-- Chemicals that stand on record at these major hazards.
-- in:    ids bigint[]
-- out:   id, feature_id, chemical, cas, class_symbol, quantity_t, design_max_t (tonnes), mixture
-- index: holding_feature_idx
SELECT h.id, h.feature_id, h.chemical, h.cas, h.class_symbol, h.quantity_t, h.design_max_t, h.mixture
FROM holding h
WHERE h.feature_id = ANY (%(ids)s::bigint[]) AND NOT h.withdrawn AND NOT EXISTS (SELECT 1 FROM holding n WHERE n.supersedes = h.id)
ORDER BY h.id
