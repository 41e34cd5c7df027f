-- The minimums of a depot as last said, beside what is held.
-- in:    depot bigint
-- out:   supply_code, supply_name, unit, minimum, held
-- index: stock_minimum_feature_idx, stock_batch_feature_idx
SELECT DISTINCT ON (m.supply_code) m.supply_code, m.supply_name, m.unit, m.minimum,
       (SELECT coalesce(sum(s.quantity), 0) FROM stock_now s WHERE s.feature_id = m.feature_id AND s.supply_code = m.supply_code) AS held
FROM stock_minimum m
WHERE m.feature_id = %(depot)s::bigint
ORDER BY m.supply_code, m.id DESC
