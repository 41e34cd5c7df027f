-- The last closing of each district before a day.
-- in:    day date
-- out:   code, closed_on, shown, detail, d_micro, t_micro, demo
-- index: closing_pkey
SELECT DISTINCT ON (c.district_code) c.district_code AS code, c.closed_on, c.d_micro, c.t_micro, c.computed, c.shown, c.detail, c.demo
FROM closing c WHERE c.closed_on < %(day)s::date ORDER BY c.district_code, c.closed_on DESC
