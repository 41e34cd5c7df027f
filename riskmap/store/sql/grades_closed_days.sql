-- Days with a true closing, newest first; a year of them at most.
-- in:    nothing
-- out:   closed_on
-- index: closing is seventeen rows a day
SELECT DISTINCT closed_on FROM closing WHERE NOT demo ORDER BY closed_on DESC LIMIT 366
