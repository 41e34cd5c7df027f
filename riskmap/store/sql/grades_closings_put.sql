-- Store a day's closing; a day that has one keeps it.
-- in:    run bigint · closed_on date · code text[] · d_micro, t_micro bigint[] · computed, shown smallint[] · confidence text[] · detail text[] (json) · predecessor date[]
-- out:   rows written
-- index: closing_pkey
INSERT INTO closing (district_code, closed_on, d_micro, t_micro, computed, shown, confidence, detail, predecessor, run_id)
SELECT g.code, %(closed_on)s::date, g.d, g.t, g.computed, g.shown, g.confidence, g.detail::jsonb, g.predecessor, %(run)s::bigint
FROM unnest(%(code)s::text[], %(d_micro)s::bigint[], %(t_micro)s::bigint[], %(computed)s::smallint[], %(shown)s::smallint[], %(confidence)s::text[], %(detail)s::text[],
            %(predecessor)s::date[]) AS g(code, d, t, computed, shown, confidence, detail, predecessor)
ON CONFLICT DO NOTHING
