-- Marked history: closings drawn for the demo city. A day that has a closing keeps it.
-- in:    district_code text[] · closed_on, predecessor date[] · d_micro, t_micro bigint[] · computed, shown smallint[] · now timestamptz
-- out:   nothing
-- index: closing_pkey
INSERT INTO closing (district_code, closed_on, d_micro, t_micro, computed, shown, predecessor, demo, recorded_at)
SELECT c.district, c.closed_on, c.d, c.t, c.computed, c.shown, c.predecessor, true, %(now)s
FROM unnest(%(district_code)s::text[], %(closed_on)s::date[], %(d_micro)s::bigint[], %(t_micro)s::bigint[], %(computed)s::smallint[],
            %(shown)s::smallint[], %(predecessor)s::date[]) AS c(district, closed_on, d, t, computed, shown, predecessor)
ON CONFLICT DO NOTHING
