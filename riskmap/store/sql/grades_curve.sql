-- Closings of a district, oldest first.
-- in:    district text · since date
-- out:   closed_on, d_micro, t_micro, computed, shown, confidence, demo
-- index: closing_pkey
SELECT c.closed_on, c.d_micro, c.t_micro, c.computed, c.shown, c.confidence, c.demo
FROM closing c WHERE c.district_code = %(district)s AND c.closed_on >= %(since)s::date ORDER BY c.closed_on
