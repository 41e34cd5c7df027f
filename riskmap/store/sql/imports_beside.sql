-- Find for every staged row that meets no record the nearest like one already in force.
-- in:    layer text · soft_m double
-- out:   rows written
-- index: feature_geom_idx. The box is a column before it meets the records (OFFSET 0): row-level security keeps the index for a plain value,
--        not for a function of one, and would read the layer for every row
UPDATE staged s SET beside = n.id, beside_m = n.distance_m
FROM (
  SELECT row_no, lon, lat, name, parent, ST_Expand(ST_SetSRID(ST_MakePoint(lon, lat), 4326), %(soft_m)s / 80000.0) AS box
  FROM staged WHERE met IS NULL AND target IS NULL AND lon IS NOT NULL OFFSET 0) w
CROSS JOIN LATERAL (
%include(imports_alike)
) n
WHERE s.row_no = w.row_no
