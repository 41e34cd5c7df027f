-- One page of the records in a box, by id or by level: ids in order from the index alone, then the records of the page.
-- in:    as features_page, with {key} by_id or by_level · low, high bigint[] (runs of cells that hold the box)
--        simple true or null (nothing is asked but box, status and level: the index alone knows the page) · further true or null (more is)
-- out:   as features_page
-- index: feature_cell_idx; the fence keeps the box a test of what the index holds, or the planner would ask feature_geom_idx once a run
WITH near AS (
  SELECT i.id, i.sort_key
  FROM unnest(%(low)s::bigint[], %(high)s::bigint[]) r(low, high)
  CROSS JOIN LATERAL (
    SELECT f.id, f.{key} AS sort_key, f.geom FROM (SELECT f.*, f.id AS by_id, f.rank AS by_level FROM feature f) f
    WHERE f.layer = %(layer)s AND f.cell BETWEEN r.low AND r.high AND f.status = ANY (%(status)s::text[])
      %given(rank) AND f.rank = ANY (%(rank)s::smallint[])
      %given(after_id) AND (f.{key}, f.id) {beyond} (%(after_key)s::{type}, %(after_id)s::bigint)
    OFFSET 0
  ) i
  WHERE i.geom && ST_MakeEnvelope(%(west)s::float8, %(south)s::float8, %(east)s::float8, %(north)s::float8, 4326)
  ORDER BY i.sort_key {direction}, i.id {direction}
  %given(simple) LIMIT %(size)s
), page AS (
  SELECT p.*, n.sort_key
  FROM near n
  CROSS JOIN LATERAL (SELECT f.* FROM feature f WHERE f.id = n.id
    %given(further) AND %include(features_where)
  OFFSET 0) p
  ORDER BY n.sort_key {direction}, n.id {direction}
  LIMIT %(size)s
)
%include(features_shown)
