-- The three lists in figures, by district: risks in force by effective level, open hidden dangers, violations that stand.
-- in:    layers text[] (of risks) · today date
-- out:   district_code text ('' no district known), risks, r1, r2, r3, r4, r9 (no level), open, major, overdue, violations bigint, amount_yuan numeric (null: none was set)
-- index: feature_level_idx (INCLUDE), hidden_danger_feature_idx, violation_day_idx
WITH risk AS (
  SELECT coalesce(f.district_code, '') AS district, count(*) AS risks, count(*) FILTER (WHERE f.rank = 1) AS r1, count(*) FILTER (WHERE f.rank = 2) AS r2,
         count(*) FILTER (WHERE f.rank = 3) AS r3, count(*) FILTER (WHERE f.rank = 4) AS r4, count(*) FILTER (WHERE f.rank = 9) AS r9
  FROM feature f WHERE f.layer = ANY (%(layers)s::text[]) AND f.status IN ('approved', 'incomplete') GROUP BY 1),
danger AS (
  SELECT coalesce(f.district_code, '') AS district, count(*) AS open, count(*) FILTER (WHERE h.grade = 'major') AS major,
         count(*) FILTER (WHERE h.deadline_on < %(today)s::date) AS overdue
  FROM hidden_danger_now h JOIN feature f ON f.id = h.feature_id WHERE h.state NOT IN ('closed', 'withdrawn') GROUP BY 1),
wrong AS (
  SELECT coalesce(f.district_code, '') AS district, count(*) AS violations, sum(v.amount_yuan) AS amount_yuan
  FROM violation v JOIN feature f ON f.id = v.feature_id WHERE v.withdrawn_at IS NULL GROUP BY 1)
SELECT district AS district_code, coalesce(r.risks, 0) AS risks, coalesce(r.r1, 0) AS r1, coalesce(r.r2, 0) AS r2, coalesce(r.r3, 0) AS r3, coalesce(r.r4, 0) AS r4,
       coalesce(r.r9, 0) AS r9, coalesce(d.open, 0) AS open, coalesce(d.major, 0) AS major, coalesce(d.overdue, 0) AS overdue, coalesce(w.violations, 0) AS violations,
       w.amount_yuan
FROM risk r FULL JOIN danger d USING (district) FULL JOIN wrong w USING (district)
ORDER BY district = '', district
