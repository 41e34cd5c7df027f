-- Depots as the engine takes them: ready with stock of something, and no kind of supply below its minimum reserve.
-- in:    layers text[] · ids bigint[]? · until timestamptz?
-- out:   id, cell, ready
-- index: as grades_record; stock_batch_feature_idx, stock_movement_stock_idx, stock_minimum_feature_idx
WITH record AS (%include(grades_record)),
lot AS (
  SELECT b.feature_id, b.supply_code, b.minimum_reserve, coalesce(sum(m.quantity), 0) AS quantity
  FROM stock_batch b
  LEFT JOIN stock_movement m ON m.stock_id = b.id AND m.recorded_at < coalesce(%(until)s::timestamptz, 'infinity')
  WHERE b.recorded_at < coalesce(%(until)s::timestamptz, 'infinity') AND (%(ids)s::bigint[] IS NULL OR b.feature_id = ANY (%(ids)s::bigint[]))
  GROUP BY b.id),
said AS (
  SELECT DISTINCT ON (s.feature_id, s.supply_code) s.feature_id, s.supply_code, s.minimum
  FROM stock_minimum s
  WHERE s.recorded_at < coalesce(%(until)s::timestamptz, 'infinity') AND (%(ids)s::bigint[] IS NULL OR s.feature_id = ANY (%(ids)s::bigint[]))
  ORDER BY s.feature_id, s.supply_code, s.id DESC),
carried AS (SELECT feature_id, supply_code, sum(quantity) AS quantity, sum(minimum_reserve) AS reserve FROM lot GROUP BY feature_id, supply_code),
supply AS (
  SELECT feature_id, supply_code, coalesce(c.quantity, 0) AS quantity, coalesce(s.minimum, c.reserve) AS reserve
  FROM carried c FULL JOIN said s USING (feature_id, supply_code)),
stock AS (SELECT feature_id, bool_and(quantity >= reserve) AND sum(quantity) > 0 AS ready FROM supply GROUP BY feature_id)
SELECT r.id, r.cell, coalesce(k.ready, false)::int::bigint AS ready
FROM record r LEFT JOIN stock k ON k.feature_id = r.id
