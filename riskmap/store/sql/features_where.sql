-- The one filter of list, map, facets, counts and export: a condition on feature f. Included by other statements.
-- in:    layer text · status text[] · and where asked: district text[] · rank smallint[] (9 = no level) · parent bigint · ids bigint[] ·
--        batch bigint · west, south, east, north double (WGS 84 degrees; all or none) · q1, q2, q3 text (LIKE patterns, lower case; read
--        through the layer: a trigram index costs more on every save than it gives, and two Chinese characters are too short for one) ·
--        danger text (open overdue major) · verified text (valid lapsed unknown) · today date ·
--        attr1..attr4 text with attr1_in..attr4_in text[] (declared facet fields and their codes)
--        validity of a verification by effective level: Ⅰ 90, Ⅱ 180, Ⅲ 365, Ⅳ and none 730 days; the last day still counts
-- index: feature_geom_idx, feature_level_idx, feature_district_idx
f.layer = %(layer)s
AND f.status = ANY (%(status)s::text[])
%given(district) AND f.district_code = ANY (%(district)s::text[])
%given(rank)     AND f.rank = ANY (%(rank)s::smallint[])
%given(parent)   AND f.parent_id = %(parent)s::bigint
%given(ids)      AND f.id = ANY (%(ids)s::bigint[])
%given(batch)    AND f.batch_id = %(batch)s::bigint
%given(west)     AND f.geom && ST_MakeEnvelope(%(west)s::float8, %(south)s::float8, %(east)s::float8, %(north)s::float8, 4326)
%given(q1)       AND f.search LIKE %(q1)s::text
%given(q2)       AND f.search LIKE %(q2)s::text
%given(q3)       AND f.search LIKE %(q3)s::text
%given(attr1)    AND f.attributes ->> %(attr1)s::text = ANY (%(attr1_in)s::text[])
%given(attr2)    AND f.attributes ->> %(attr2)s::text = ANY (%(attr2_in)s::text[])
%given(attr3)    AND f.attributes ->> %(attr3)s::text = ANY (%(attr3_in)s::text[])
%given(attr4)    AND f.attributes ->> %(attr4)s::text = ANY (%(attr4_in)s::text[])
%given(danger)   AND f.id IN (SELECT d.feature_id FROM hidden_danger_now d WHERE d.state NOT IN ('closed', 'withdrawn')
%given(danger)                  AND (%(danger)s::text <> 'major' OR d.grade = 'major')
%given(danger)                  AND (%(danger)s::text <> 'overdue' OR d.deadline_on < %(today)s::date))
%given(verified) AND CASE %(verified)s::text
%given(verified)       WHEN 'unknown' THEN f.verified_on IS NULL
%given(verified)       WHEN 'valid'  THEN f.verified_on + (ARRAY[90, 180, 365, 730])[coalesce(f.effective_level, 4)] >= %(today)s::date
%given(verified)       WHEN 'lapsed' THEN f.verified_on + (ARRAY[90, 180, 365, 730])[coalesce(f.effective_level, 4)] <  %(today)s::date
%given(verified)     END
