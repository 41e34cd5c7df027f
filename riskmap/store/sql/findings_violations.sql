-- Violations that stand, the latest first, a page at a time; with the enterprise they are of.
-- in:    kinds, measures, districts text[] or null ('' is the district that is not known) · enterprise bigint or null · q text or null (LIKE pattern) · limit int ·
--        after_on date, after_id bigint (last of the page before, or null)
-- out:   id, feature_id, layer, feature_name, feature_code, district_code, enterprise_id, enterprise_name, steward_org, actor, recorded_at, day and its own columns
-- index: violation_day_idx, feature_pkey
SELECT x.id, x.feature_id, f.layer, f.name AS feature_name, f.code AS feature_code, f.district_code, x.steward_org, x.actor, x.recorded_at,
       CASE WHEN f.parent_id IS NULL THEN f.id WHEN p.parent_id IS NULL THEN p.id ELSE p.parent_id END AS enterprise_id,
       CASE WHEN f.parent_id IS NULL THEN f.name WHEN p.parent_id IS NULL THEN p.name ELSE g.name END AS enterprise_name, x.kind, x.fact, x.basis, x.measure, x.amount_yuan, x.unit, x.document, x.decided_on AS day
FROM violation x JOIN feature f ON f.id = x.feature_id LEFT JOIN feature p ON p.id = f.parent_id LEFT JOIN feature g ON g.id = p.parent_id
WHERE x.withdrawn_at IS NULL
%given(kinds) AND x.kind = ANY (%(kinds)s::text[])
%given(measures) AND x.measure = ANY (%(measures)s::text[])
%given(districts) AND coalesce(f.district_code, '') = ANY (%(districts)s::text[])
%given(enterprise) AND (f.id = %(enterprise)s::bigint OR f.parent_id = %(enterprise)s::bigint OR p.parent_id = %(enterprise)s::bigint)
%given(q) AND (x.fact ILIKE %(q)s OR x.basis ILIKE %(q)s OR x.document ILIKE %(q)s OR f.name ILIKE %(q)s OR f.code ILIKE %(q)s)
%given(after_id) AND (x.decided_on, x.id) < (%(after_on)s::date, %(after_id)s::bigint)
ORDER BY x.decided_on DESC, x.id DESC LIMIT %(limit)s::int
