-- The one filter of the hidden dangers' list, counts and export. Included by other statements.
-- in:    states, grades, districts, sectors text[] or null · late bool or null (overdue or not) · feature, enterprise bigint or null · q text or null · today date
-- out:   columns of a hidden danger now (h), its record (f)
-- index: hidden_danger_feature_idx, hidden_danger_event_danger_idx, feature_pkey
SELECT h.id, h.code, h.title, h.grade, h.found_on, h.state, h.deadline_on, h.person, h.unit, h.version, h.asked_on, h.supervision, h.happened_on,
       h.criterion, h.basis, h.demo, h.feature_id, h.steward_org, f.name AS feature_name, f.code AS feature_code, f.layer, f.district_code, f.parent_id,
       f.effective_level, f.attributes ->> 'kind' AS sector,
       coalesce(h.state NOT IN ('closed', 'withdrawn') AND h.deadline_on < %(today)s::date, false) AS overdue
FROM hidden_danger_now h JOIN feature f ON f.id = h.feature_id
WHERE true
%given(states) AND h.state = ANY (%(states)s::text[])
%given(grades) AND h.grade = ANY (%(grades)s::text[])
%given(districts) AND coalesce(f.district_code, '') = ANY (%(districts)s::text[])
%given(sectors) AND coalesce(f.attributes ->> 'kind', '') = ANY (%(sectors)s::text[])
%given(late) AND coalesce(h.state NOT IN ('closed', 'withdrawn') AND h.deadline_on < %(today)s::date, false) = %(late)s::bool
%given(feature) AND h.feature_id = %(feature)s::bigint
%given(enterprise) AND (f.parent_id = %(enterprise)s::bigint OR f.id = %(enterprise)s::bigint OR f.parent_id IN (SELECT id FROM feature p WHERE p.parent_id = %(enterprise)s::bigint))
%given(q) AND (h.title ILIKE %(q)s OR h.code ILIKE %(q)s OR f.name ILIKE %(q)s OR f.code ILIKE %(q)s)
