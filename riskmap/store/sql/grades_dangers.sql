-- Hidden dangers by id with their record and state now.
-- in:    ids bigint[] · today date
-- out:   id, feature_id, major, overdue
-- index: hidden_danger_pkey
SELECT d.id, d.feature_id, d.grade = 'major' AS major, coalesce(d.deadline_on < %(today)s::date, false) AS overdue
FROM hidden_danger_now d WHERE d.id = ANY (%(ids)s::bigint[]) AND d.state NOT IN ('closed', 'withdrawn')
