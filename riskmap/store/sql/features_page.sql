-- One page of records under the filter, in a stable order.
-- in:    the filter · {key} one of by_id by_name by_code by_level by_verified by_district, or apart_code for a small box (no index has
--        its order: read in order until 200 of a corner of the city are met, the whole layer would be read)
--        {direction} · {beyond} > or < · after_key, after_id (null: from the start) · size int · what features_shown asks
-- out:   as features_shown: id, code, name, … lon, lat, attributes, open, major, overdue (null without facts), sort_key text
-- index: feature_level_idx / feature_layer_idx for the order, else as the filter
WITH page AS (
  SELECT f.*, f.{key} AS sort_key
  FROM (SELECT f.*, f.id AS by_id, coalesce(f.name, '') AS by_name, f.code AS by_code, f.rank AS by_level, f.code || '' AS apart_code,
               coalesce(f.verified_on, '0001-01-01') AS by_verified, coalesce(f.district_code, '') AS by_district
        FROM feature f) f
  WHERE %include(features_where)
    %given(after_id) AND (f.{key}, f.id) {beyond} (%(after_key)s::{type}, %(after_id)s::bigint)
  ORDER BY f.{key} {direction}, f.id {direction}
  LIMIT %(size)s
)
%include(features_shown)
