-- Hidden dangers of these records with their state now.
-- in:    ids bigint[] · today date
-- out:   id, feature_id, code, title, grade, state, found_on, deadline_on, overdue bool (null: open without a deadline)
-- index: hidden_danger_feature_idx
SELECT d.id, d.feature_id, d.code, d.title, d.grade, d.state, d.found_on, d.deadline_on,
       CASE WHEN d.state IN ('closed', 'withdrawn') THEN false ELSE d.deadline_on < %(today)s::date END AS overdue
FROM hidden_danger_now d
WHERE d.feature_id = ANY (%(ids)s::bigint[])
ORDER BY d.state IN ('closed', 'withdrawn'), d.deadline_on NULLS FIRST, d.id
