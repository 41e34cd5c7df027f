-- Risk sources and major hazards as the engine takes them, with their open hidden dangers. All columns fixed and never null.
-- in:    layers text[] · hazard bool[] · accident, modelled text[] (attribute names, parallel to layers) · hazard_layers text[]
--        accidents text[] with radii float8[] (metres) · default_m float8 · today date · ids bigint[]? · until timestamptz?
-- out:   id, cell, district (code as a number, 0 outside), level, is_hazard, hazard_id (-1), footprint_m, modelled_m (NaN), major, general,
--        overdue, overdue_major, verified (days since 1970-01-01, -2147483648 unknown)
-- index: as grades_record; hidden_danger_feature_idx, hidden_danger_event_danger_idx
WITH record AS (%include(grades_record)),
shape AS (SELECT * FROM unnest(%(layers)s::text[], %(hazard)s::bool[], %(accident)s::text[], %(modelled)s::text[]) AS s(layer, hazard, accident, modelled)),
radius AS (SELECT * FROM unnest(%(accidents)s::text[], %(radii)s::float8[]) AS r(accident, metres)),
danger AS (
  SELECT d.feature_id, count(*) FILTER (WHERE d.grade = 'major') AS major, count(*) FILTER (WHERE d.grade = 'general') AS general,
         count(*) FILTER (WHERE e.deadline_on < %(today)s::date) AS overdue,
         count(*) FILTER (WHERE e.deadline_on < %(today)s::date AND d.grade = 'major') AS overdue_major
  FROM hidden_danger d
  JOIN LATERAL (SELECT state, deadline_on FROM hidden_danger_event e
                WHERE e.danger_id = d.id AND e.recorded_at < coalesce(%(until)s::timestamptz, 'infinity') ORDER BY e.id DESC LIMIT 1) e ON true
  WHERE e.state NOT IN ('closed', 'withdrawn') AND d.recorded_at < coalesce(%(until)s::timestamptz, 'infinity')
    AND (%(ids)s::bigint[] IS NULL OR d.feature_id = ANY (%(ids)s::bigint[]))
  GROUP BY d.feature_id)
SELECT r.id, r.cell, coalesce(r.district_code, '0')::bigint AS district,
       (CASE WHEN s.hazard THEN least(r.level, r.effective_level) ELSE coalesce(r.level, r.effective_level) END)::bigint AS level,
       s.hazard::int::bigint AS is_hazard, coalesce(p.id, -1) AS hazard_id,
       coalesce(a.metres, %(default_m)s::float8) AS footprint_m, coalesce((r.attributes ->> s.modelled)::float8, 'NaN') AS modelled_m,
       coalesce(d.major, 0) AS major, coalesce(d.general, 0) AS general, coalesce(d.overdue, 0) AS overdue, coalesce(d.overdue_major, 0) AS overdue_major,
       coalesce(r.verified_on - DATE '1970-01-01', -2147483648)::bigint AS verified
FROM record r
JOIN shape s ON s.layer = r.layer
LEFT JOIN radius a ON a.accident = r.attributes ->> s.accident
LEFT JOIN feature p ON p.id = r.parent_id AND NOT s.hazard AND p.layer = ANY (%(hazard_layers)s::text[])
LEFT JOIN danger d ON d.feature_id = r.id
WHERE coalesce(r.level, r.effective_level) IS NOT NULL
