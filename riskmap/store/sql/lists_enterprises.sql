-- The three lists in figures, by enterprise: those with the worst first. What hangs on a hazard of an enterprise is the enterprise's.
-- in:    layers text[] (of risks) · enterprise text (its layer) · districts text[] or null (of the enterprise) · q text or null (LIKE pattern, lower case) · today date · limit int
-- out:   id, code, name, district_code, risks, r1, r2, open, major, overdue, violations bigint, amount_yuan numeric, n bigint (enterprises that are asked for)
-- index: feature_layer_idx, feature_parent_idx, hidden_danger_feature_idx, violation_feature_idx
WITH firm AS (
  SELECT f.id, f.code, f.name, f.district_code FROM feature f
  WHERE f.layer = %(enterprise)s::text AND f.status IN ('approved', 'incomplete')
  %given(districts) AND coalesce(f.district_code, '') = ANY (%(districts)s::text[])
  %given(q) AND f.search LIKE %(q)s::text
),
owned AS (
  SELECT f.id, CASE WHEN f.layer = %(enterprise)s::text THEN f.id WHEN p.layer = %(enterprise)s::text THEN p.id ELSE p.parent_id END AS firm, f.layer, f.rank, f.status
  FROM feature f LEFT JOIN feature p ON p.id = f.parent_id
  WHERE f.layer = %(enterprise)s::text OR f.parent_id IS NOT NULL),
risk AS (
  SELECT o.firm, count(*) AS risks, count(*) FILTER (WHERE o.rank = 1) AS r1, count(*) FILTER (WHERE o.rank = 2) AS r2
  FROM owned o WHERE o.layer = ANY (%(layers)s::text[]) AND o.status IN ('approved', 'incomplete') GROUP BY 1),
danger AS (
  SELECT o.firm, count(*) AS open, count(*) FILTER (WHERE h.grade = 'major') AS major, count(*) FILTER (WHERE h.deadline_on < %(today)s::date) AS overdue
  FROM hidden_danger_now h JOIN owned o ON o.id = h.feature_id WHERE h.state NOT IN ('closed', 'withdrawn') GROUP BY 1),
wrong AS (
  SELECT o.firm, count(*) AS violations, sum(v.amount_yuan) AS amount_yuan
  FROM violation v JOIN owned o ON o.id = v.feature_id WHERE v.withdrawn_at IS NULL GROUP BY 1)
SELECT f.id, f.code, f.name, f.district_code, coalesce(r.risks, 0) AS risks, coalesce(r.r1, 0) AS r1, coalesce(r.r2, 0) AS r2, coalesce(d.open, 0) AS open,
       coalesce(d.major, 0) AS major, coalesce(d.overdue, 0) AS overdue, coalesce(w.violations, 0) AS violations, w.amount_yuan, count(*) OVER () AS n
FROM firm f LEFT JOIN risk r ON r.firm = f.id LEFT JOIN danger d ON d.firm = f.id LEFT JOIN wrong w ON w.firm = f.id
ORDER BY coalesce(d.overdue, 0) DESC, coalesce(d.major, 0) DESC, coalesce(r.r1, 0) DESC, coalesce(w.violations, 0) DESC, coalesce(r.risks, 0) DESC, f.id
LIMIT %(limit)s::int
