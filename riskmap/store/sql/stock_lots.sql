-- Lots with what is there, their depot and how their expiry stands today.
-- in:    depot bigint? · supply text? (code, the first digits of one, or part of a name) · district text? · expiry text? (expired, due, unknown, good) · today date · days int
--        below bool? (only kinds under their minimum) · size int
-- out:   id, depot_id, depot, depot_code, district, supply_code, supply_name, unit, batch_no, location, produced_on, expires_on, quantity, expiry, days_left,
--        held, minimum (of the kind in the depot), depots (that hold the kind), demo
-- index: stock_batch_feature_idx, stock_movement_stock_idx
WITH lot AS (
  SELECT s.*, CASE WHEN s.expires_on IS NULL THEN 'unknown' WHEN s.expires_on < %(today)s::date THEN 'expired'
                   WHEN s.expires_on <= %(today)s::date + %(days)s::int THEN 'due' ELSE 'good' END AS expiry
  FROM stock_now s),
kind AS (
  SELECT l.feature_id, l.supply_code, l.unit, sum(l.quantity) AS held, sum(l.minimum_reserve) AS carried FROM lot l GROUP BY 1, 2, 3),
said AS (SELECT DISTINCT ON (feature_id, supply_code) feature_id, supply_code, minimum FROM stock_minimum ORDER BY feature_id, supply_code, id DESC),
shared AS (SELECT supply_code, unit, count(*) FILTER (WHERE held > 0) AS depots FROM kind GROUP BY 1, 2)
SELECT l.id, f.id AS depot_id, f.name AS depot, f.code AS depot_code, d.name AS district, l.supply_code, l.supply_name, l.unit, l.batch_no, l.location,
       l.produced_on, l.expires_on, l.quantity, l.expiry, l.expires_on - %(today)s::date AS days_left, k.held, coalesce(m.minimum, k.carried) AS minimum,
       s.depots, l.demo
FROM lot l
JOIN feature f ON f.id = l.feature_id
LEFT JOIN district d ON d.code = f.district_code
JOIN kind k ON k.feature_id = l.feature_id AND k.supply_code = l.supply_code AND k.unit = l.unit
JOIN shared s ON s.supply_code = l.supply_code AND s.unit = l.unit
LEFT JOIN said m ON m.feature_id = l.feature_id AND m.supply_code = l.supply_code
WHERE f.status <> 'retired'
  AND (l.quantity > 0 OR %(depot)s::bigint IS NOT NULL OR %(below)s::bool)
  AND (%(depot)s::bigint IS NULL OR l.feature_id = %(depot)s::bigint)
  AND (%(supply)s::text IS NULL OR starts_with(l.supply_code, %(supply)s::text) OR strpos(l.supply_name, %(supply)s::text) > 0)
  AND (%(district)s::text IS NULL OR f.district_code = %(district)s::text)
  AND (%(expiry)s::text IS NULL OR l.expiry = %(expiry)s::text)
  AND (NOT coalesce(%(below)s::bool, false) OR k.held < coalesce(m.minimum, k.carried))
ORDER BY l.expires_on NULLS LAST, l.supply_code, f.id, l.id
LIMIT %(size)s
