-- What the map draws of the filter in a box: single points where sparse, clusters by H3 parent where dense; Ⅰ is never clustered.
-- in:    the filter with its box · resolution int (of the clusters; 15 = never cluster) · crowd int (from how many on a cell is a cluster)
-- out:   kind ('single'/'cluster'), id, name, level, cell, lon, lat, n, n1..n4, n0
-- index: feature_geom_idx
WITH hit AS (
  SELECT f.id, f.name, f.effective_level AS level, f.geom, CASE WHEN f.effective_level = 1 THEN NULL ELSE app.h3_parent(f.cell, least(%(resolution)s, 9)) END AS cell
  FROM feature f WHERE f.geom IS NOT NULL AND %include(features_where)
), crowd AS (
  SELECT cell, count(*) AS n, avg(ST_X(geom)) AS lon, avg(ST_Y(geom)) AS lat,
         0::bigint AS n1, count(*) FILTER (WHERE level = 2) AS n2, count(*) FILTER (WHERE level = 3) AS n3,
         count(*) FILTER (WHERE level = 4) AS n4, count(*) FILTER (WHERE level IS NULL) AS n0
  FROM hit WHERE cell IS NOT NULL AND %(resolution)s < 15 GROUP BY cell HAVING count(*) >= %(crowd)s
)
SELECT 'cluster' AS kind, NULL::bigint AS id, NULL::text AS name, NULL::smallint AS level, cell, lon, lat, n, n1, n2, n3, n4, n0 FROM crowd
UNION ALL
SELECT 'single', h.id, h.name, h.level, NULL, ST_X(h.geom), ST_Y(h.geom), 1, 0, 0, 0, 0, 0
FROM hit h LEFT JOIN crowd c ON c.cell = h.cell WHERE c.cell IS NULL
