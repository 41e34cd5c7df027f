-- Every assessment kept of a major hazard, newest first, with who proposed and who approved it.
-- in:    id bigint
-- out:   id, change_id, s, is_major, alpha, r, grade, population_500m, working, actor, recorded_at, maker, checker
-- index: hazard_assessment_feature_idx
SELECT a.id, a.change_id, a.s, a.is_major, a.alpha, a.r, a.grade, a.population_500m, a.working, a.actor, a.recorded_at, c.maker, c.checker
FROM hazard_assessment a
LEFT JOIN feature_change c ON c.id = a.change_id
WHERE a.feature_id = %(id)s::bigint
ORDER BY a.id DESC
