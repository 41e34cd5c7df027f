-- Store districts as graded and shown.
-- in:    run bigint · code text[] · d_micro, t_micro bigint[] · computed, shown smallint[] · confidence text[] · detail jsonb[] (as text)
-- out:   rows written
-- index: district_grade_pkey
INSERT INTO district_grade (district_code, d_micro, t_micro, computed, shown, confidence, detail, run_id)
SELECT g.code, g.d, g.t, g.computed, g.shown, g.confidence, g.detail::jsonb, %(run)s::bigint
FROM unnest(%(code)s::text[], %(d_micro)s::bigint[], %(t_micro)s::bigint[], %(computed)s::smallint[], %(shown)s::smallint[], %(confidence)s::text[], %(detail)s::text[])
  AS g(code, d, t, computed, shown, confidence, detail)
ON CONFLICT (district_code) DO UPDATE SET d_micro = excluded.d_micro, t_micro = excluded.t_micro, computed = excluded.computed, shown = excluded.shown,
  confidence = excluded.confidence, detail = excluded.detail, run_id = excluded.run_id
