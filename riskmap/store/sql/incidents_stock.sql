-- Lots of the given kinds with what is there, and the least their depot is to hold of the kind.
-- in:    codes text[]
-- out:   id, depot, supply_code, supply_name, unit, expires_on, quantity, minimum
-- index: stock_batch_supply_idx, stock_movement_stock_idx, stock_minimum_feature_idx
WITH lot AS (
  SELECT b.id, b.feature_id, b.supply_code, b.supply_name, b.unit, b.expires_on, b.minimum_reserve,
         coalesce((SELECT sum(m.quantity) FROM stock_movement m WHERE m.stock_id = b.id), 0) AS quantity
  FROM stock_batch b WHERE b.supply_code = ANY (%(codes)s::text[])),
said AS (SELECT DISTINCT ON (feature_id, supply_code) feature_id, supply_code, minimum FROM stock_minimum WHERE supply_code = ANY (%(codes)s::text[])
         ORDER BY feature_id, supply_code, id DESC),
carried AS (SELECT feature_id, supply_code, sum(minimum_reserve) AS minimum FROM lot GROUP BY 1, 2)
SELECT l.id, l.feature_id AS depot, l.supply_code, l.supply_name, l.unit, l.expires_on, l.quantity, coalesce(s.minimum, c.minimum) AS minimum
FROM lot l JOIN carried c USING (feature_id, supply_code) LEFT JOIN said s USING (feature_id, supply_code)
WHERE l.quantity > 0
ORDER BY l.id
