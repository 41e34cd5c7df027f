-- One closing.
-- in:    district text · day date
-- out:   every column of closing
-- index: closing_pkey
SELECT c.*, r.method_id, r.datasets FROM closing c LEFT JOIN grading_run r ON r.id = c.run_id WHERE c.district_code = %(district)s AND c.closed_on = %(day)s::date
