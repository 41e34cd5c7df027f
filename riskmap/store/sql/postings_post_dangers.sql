-- Put hidden dangers on record with risk sources named by id. Their states come with postings_post_states.
-- in:    feature_id bigint[] · steward_org int[] · danger_code, title, grade text[] · found_on date[] · batch bigint · actor text · now timestamptz
-- out:   id of each danger; ascending ids follow the order given
-- index: none
INSERT INTO hidden_danger (feature_id, steward_org, code, title, grade, found_on, batch_id, actor, recorded_at)
SELECT d.feature, d.steward, d.code, d.title, d.grade, d.found_on, %(batch)s, %(actor)s, %(now)s
FROM unnest(%(feature_id)s::bigint[], %(steward_org)s::int[], %(danger_code)s::text[], %(title)s::text[], %(grade)s::text[],
            %(found_on)s::date[]) WITH ORDINALITY AS d(feature, steward, code, title, grade, found_on, place)
ORDER BY d.place
RETURNING id
