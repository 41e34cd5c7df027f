-- One page of the records in a box, by id or by level: ids in order from the index alone, then records until the page is full.
-- in:    as features_page, with {key} by_id or by_level · low, high bigint[] (runs of cells that hold the box)
-- out:   as features_page
-- index: feature_cell_idx
WITH near AS (
  SELECT i.id, i.sort_key
  FROM unnest(%(low)s::bigint[], %(high)s::bigint[]) r(low, high)
  CROSS JOIN LATERAL (
    SELECT f.id, f.{key} AS sort_key FROM (SELECT f.*, f.id AS by_id, f.rank AS by_level FROM feature f) f
    WHERE f.layer = %(layer)s AND f.cell BETWEEN r.low AND r.high AND f.status = ANY (%(status)s::text[])
      AND (%(rank)s::smallint[] IS NULL OR f.rank = ANY (%(rank)s::smallint[]))
      AND (%(after_id)s::bigint IS NULL OR (f.{key}, f.id) {beyond} (%(after_key)s::{type}, %(after_id)s::bigint))
    OFFSET 0
  ) i
  ORDER BY i.sort_key {direction}, i.id {direction}
), page AS (
  SELECT p.*, n.sort_key
  FROM near n
  CROSS JOIN LATERAL (SELECT f.* FROM feature f WHERE f.id = n.id AND %include(features_where) OFFSET 0) p
  ORDER BY n.sort_key {direction}, n.id {direction}
  LIMIT %(size)s
)
%include(features_shown)
