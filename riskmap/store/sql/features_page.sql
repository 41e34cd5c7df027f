-- One page of records under the filter, in a stable order, as one GeoJSON text (no row passes through Python).
-- in:    the filter · {key} one of by_id by_name by_code by_level by_verified by_district · {direction} · {beyond} > or <
--        after_key, after_id (null: from the start) · size int · fields text[] (attributes to show) · today date · facts bool (hidden danger counts)
-- out:   features text (JSON array), n int, last_key text, last_id bigint
-- index: feature_level_idx / feature_layer_idx for the order, else as the filter
WITH page AS (
  SELECT f.*, row_number() OVER (ORDER BY f.{key} {direction}, f.id {direction}) AS place, f.{key} AS sort_key
  FROM (SELECT f.*, f.id AS by_id, coalesce(f.name, '') AS by_name, f.code AS by_code, f.rank AS by_level,
               coalesce(f.verified_on, '0001-01-01') AS by_verified, coalesce(f.district_code, '') AS by_district
        FROM feature f) f
  WHERE %include(features_where)
    AND (%(after_id)s::bigint IS NULL OR (f.{key}, f.id) {beyond} (%(after_key)s::{type}, %(after_id)s::bigint))
  ORDER BY f.{key} {direction}, f.id {direction}
  LIMIT %(size)s
), shown AS (
  SELECT p.place, p.sort_key, p.id, json_build_object(
    'type', 'Feature', 'id', p.id,
    'geometry', CASE WHEN p.geom IS NULL THEN NULL ELSE json_build_object('type', 'Point', 'coordinates', json_build_array(round(ST_X(p.geom)::numeric, 6), round(ST_Y(p.geom)::numeric, 6))) END,
    'properties', (jsonb_build_object(
        'code', p.code, 'name', p.name, 'level', p.level, 'effective_level', p.effective_level,
        'district', p.district_code, 'town', p.town_code, 'address', p.address, 'status', p.status, 'missing', p.missing,
        'verified_on', p.verified_on, 'parent_id', p.parent_id,
        'parent_name', (SELECT name FROM feature q WHERE q.id = p.parent_id),
        'version', p.version, 'demo', p.demo)
      || (SELECT coalesce(jsonb_object_agg(a.key, p.attributes -> a.key), '{{}}') FROM unnest(%(fields)s::text[]) a(key))
      || CASE WHEN %(facts)s THEN jsonb_build_object('dangers', (
           SELECT jsonb_build_object('open', count(*), 'major', count(*) FILTER (WHERE d.grade = 'major'), 'overdue', count(*) FILTER (WHERE d.deadline_on < %(today)s::date))
           FROM hidden_danger_now d WHERE d.feature_id = p.id AND d.state NOT IN ('closed', 'withdrawn'))) ELSE '{{}}' END)) AS feature
  FROM page p
)
SELECT coalesce('[' || string_agg(feature::text, ',' ORDER BY place) || ']', '[]') AS features, count(*)::int AS n,
       (array_agg(sort_key::text ORDER BY place DESC))[1] AS last_key, (array_agg(id ORDER BY place DESC))[1] AS last_id
FROM shown
