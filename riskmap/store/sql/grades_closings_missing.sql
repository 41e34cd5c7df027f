-- From when closings are missing: the day after the last one that the engine made, else the day of its first run; null before any run.
-- in:    nothing
-- out:   first date?
-- index: closing_pkey
SELECT coalesce((SELECT max(closed_on) + 1 FROM closing WHERE NOT demo), (SELECT min(as_of) FROM grading_run)) AS first
