-- Keep what GB 18218-2018 says of a major hazard, with its working.
-- in:    feature, change bigint? · steward int · s, alpha, r numeric · is_major bool? · grade text? · population_500m int? · working jsonb ·
--        actor text · now timestamptz
-- out:   id
-- index: none
INSERT INTO hazard_assessment (feature_id, steward_org, change_id, s, is_major, alpha, r, grade, population_500m, working, actor, recorded_at)
VALUES (%(feature)s::bigint, %(steward)s::int, %(change)s::bigint, %(s)s::numeric, %(is_major)s::bool, %(alpha)s::numeric, %(r)s::numeric, %(grade)s,
        %(population_500m)s::int, %(working)s::jsonb, %(actor)s, %(now)s::timestamptz)
RETURNING id
