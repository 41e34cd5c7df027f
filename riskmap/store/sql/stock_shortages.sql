-- Kinds of which a depot holds less than its least that can still be used; a kind it has no lot of at all too. What is out of date fills no reserve.
-- in:    today date
-- out:   depot_id, depot, depot_code, supply_code, supply_name, unit, minimum, held, expired, short
-- index: stock_minimum_feature_idx, stock_batch_feature_idx, stock_movement_stock_idx
WITH said AS (
  SELECT DISTINCT ON (feature_id, supply_code) feature_id, supply_code, supply_name, unit, minimum FROM stock_minimum ORDER BY feature_id, supply_code, id DESC),
carried AS (
  SELECT feature_id, supply_code, min(supply_name) AS supply_name, unit, sum(minimum_reserve) AS minimum FROM stock_batch GROUP BY feature_id, supply_code, unit),
least AS (
  SELECT * FROM said
  UNION ALL SELECT c.* FROM carried c WHERE NOT EXISTS (SELECT 1 FROM said w WHERE w.feature_id = c.feature_id AND w.supply_code = c.supply_code)),
held AS (
  SELECT feature_id, supply_code, unit, sum(quantity) AS held, coalesce(sum(quantity) FILTER (WHERE expires_on < %(today)s::date), 0) AS expired
  FROM stock_now GROUP BY feature_id, supply_code, unit)
SELECT f.id AS depot_id, f.name AS depot, f.code AS depot_code, l.supply_code, l.supply_name, l.unit, l.minimum, coalesce(h.held, 0) AS held,
       coalesce(h.expired, 0) AS expired, l.minimum - coalesce(h.held, 0) + coalesce(h.expired, 0) AS short
FROM least l
JOIN feature f ON f.id = l.feature_id AND f.status <> 'retired'
LEFT JOIN held h ON h.feature_id = l.feature_id AND h.supply_code = l.supply_code AND h.unit = l.unit
WHERE coalesce(h.held, 0) - coalesce(h.expired, 0) < l.minimum
ORDER BY f.name, l.supply_code, l.unit
