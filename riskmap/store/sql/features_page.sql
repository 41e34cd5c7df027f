-- One page of records under the filter, in a stable order, as plain columns: making JSON of them here took five times as long.
-- in:    the filter · {key} one of by_id by_name by_code by_level by_verified by_district, or apart_id apart_code apart_level for a small box
--        (an expression no index is in the order of: reading in order until 200 of a corner of the city are met reads the whole layer)
--        {direction} · {beyond} > or < · after_key, after_id (null: from the start) · size int · today date · facts bool (hidden danger counts)
-- out:   id, code, name, … parent_name, demo, lon, lat, attributes jsonb, open, major, overdue (null without facts), sort_key text
-- index: feature_level_idx / feature_layer_idx for the order, feature_geom_idx for a small box, else as the filter
SELECT p.id, p.code, p.name, p.level, p.effective_level, p.district_code, p.town_code, p.address, p.status, p.missing, p.verified_on,
       p.parent_id, (SELECT name FROM feature q WHERE q.id = p.parent_id) AS parent_name, p.version, p.demo,
       ST_X(p.geom) AS lon, ST_Y(p.geom) AS lat, p.attributes, d.open, d.major, d.overdue, p.sort_key::text AS sort_key
FROM (
  SELECT f.*, f.{key} AS sort_key
  FROM (SELECT f.*, f.id AS by_id, coalesce(f.name, '') AS by_name, f.code AS by_code, f.rank AS by_level,
               coalesce(f.verified_on, '0001-01-01') AS by_verified, coalesce(f.district_code, '') AS by_district,
               f.id + 0 AS apart_id, f.code || '' AS apart_code, f.rank + 0::smallint AS apart_level
        FROM feature f) f
  WHERE %include(features_where)
    AND (%(after_id)s::bigint IS NULL OR (f.{key}, f.id) {beyond} (%(after_key)s::{type}, %(after_id)s::bigint))
  ORDER BY f.{key} {direction}, f.id {direction}
  LIMIT %(size)s
) p
LEFT JOIN LATERAL (
  SELECT count(*) AS open, count(*) FILTER (WHERE h.grade = 'major') AS major,
         count(*) FILTER (WHERE h.deadline_on < %(today)s::date) AS overdue
  FROM hidden_danger_now h WHERE h.feature_id = p.id AND h.state NOT IN ('closed', 'withdrawn')
) d ON %(facts)s
ORDER BY p.sort_key {direction}, p.id {direction}
