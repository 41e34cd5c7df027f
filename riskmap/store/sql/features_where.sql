-- The one filter of list, map, facets, counts and export: a condition on feature f. Included by other statements.
-- in:    layer text · district text[]? · rank smallint[]? (9 = no level) · status text[] · parent bigint? · ids bigint[]? · batch bigint?
--        west, south, east, north double? (WGS 84 degrees; all or none) · q1, q2, q3 text? (LIKE patterns, lower case; read through the layer: a trigram index costs more on every
--        save than it gives, and two Chinese characters are too short for one)
--        danger text? (open overdue major) · verified text? (valid lapsed unknown) · today date
--        attr1..attr4 text? with attr1_in..attr4_in text[] (declared facet fields and their codes)
-- index: feature_geom_idx, feature_level_idx, feature_district_idx; null parameters fold away at planning
f.layer = %(layer)s
AND f.status = ANY (%(status)s::text[])
AND (%(district)s::text[] IS NULL OR f.district_code = ANY (%(district)s::text[]))
AND (%(rank)s::smallint[] IS NULL OR f.rank = ANY (%(rank)s::smallint[]))
AND (%(parent)s::bigint IS NULL OR f.parent_id = %(parent)s::bigint)
AND (%(ids)s::bigint[] IS NULL OR f.id = ANY (%(ids)s::bigint[]))
AND (%(batch)s::bigint IS NULL OR f.batch_id = %(batch)s::bigint)
AND (%(west)s::float8 IS NULL OR f.geom && ST_MakeEnvelope(%(west)s::float8, %(south)s::float8, %(east)s::float8, %(north)s::float8, 4326))
AND (%(q1)s::text IS NULL OR f.search LIKE %(q1)s::text)
AND (%(q2)s::text IS NULL OR f.search LIKE %(q2)s::text)
AND (%(q3)s::text IS NULL OR f.search LIKE %(q3)s::text)
AND (%(attr1)s::text IS NULL OR f.attributes ->> %(attr1)s::text = ANY (%(attr1_in)s::text[]))
AND (%(attr2)s::text IS NULL OR f.attributes ->> %(attr2)s::text = ANY (%(attr2_in)s::text[]))
AND (%(attr3)s::text IS NULL OR f.attributes ->> %(attr3)s::text = ANY (%(attr3_in)s::text[]))
AND (%(attr4)s::text IS NULL OR f.attributes ->> %(attr4)s::text = ANY (%(attr4_in)s::text[]))
AND (%(danger)s::text IS NULL OR f.id IN (
      SELECT d.feature_id FROM hidden_danger_now d
      WHERE d.state NOT IN ('closed', 'withdrawn')
        AND (%(danger)s::text <> 'major' OR d.grade = 'major')
        AND (%(danger)s::text <> 'overdue' OR d.deadline_on < %(today)s::date)))
-- validity of a verification by effective level: Ⅰ 90, Ⅱ 180, Ⅲ 365, Ⅳ and none 730 days; the last day still counts
AND (%(verified)s::text IS NULL
     OR (%(verified)s::text = 'unknown' AND f.verified_on IS NULL)
     OR (%(verified)s::text = 'valid'  AND f.verified_on + (ARRAY[90, 180, 365, 730])[coalesce(f.effective_level, 4)] >= %(today)s::date)
     OR (%(verified)s::text = 'lapsed' AND f.verified_on + (ARRAY[90, 180, 365, 730])[coalesce(f.effective_level, 4)] <  %(today)s::date))
