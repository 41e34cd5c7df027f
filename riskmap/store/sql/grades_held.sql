-- Major hidden dangers that hold a district's shown grade one level worse, or did so lately: overdue now, or ended after their deadline.
-- in:    code text · today, since date · layers text[]
-- out:   id, code, title, deadline_on, ended bool, state, happened_on, recorded_at, feature_id, layer, name, level
-- index: feature_district_idx, hidden_danger_feature_idx
SELECT h.id, h.code, h.title, h.deadline_on, h.state IN ('closed', 'withdrawn') AS ended, h.state, h.happened_on, h.recorded_at,
       f.id AS feature_id, f.layer, f.name, f.effective_level AS level
FROM feature f JOIN hidden_danger_now h ON h.feature_id = f.id
WHERE f.district_code = %(code)s::text AND f.layer = ANY (%(layers)s::text[]) AND f.status = 'approved' AND h.grade = 'major'
  AND ((h.state NOT IN ('closed', 'withdrawn') AND h.deadline_on < %(today)s::date)
       OR (h.state IN ('closed', 'withdrawn') AND h.deadline_on < h.happened_on AND h.happened_on >= %(since)s::date))
ORDER BY h.deadline_on, h.id
