-- The record in force most like a proposed new one, among those the reader sees: what a plan would say of it.
-- in:    layer, name text? · parent bigint? · lon, lat double (WGS 84 degrees) · soft_m double
-- out:   id, distance_m (nothing where there is none)
-- index: feature_geom_idx
SELECT n.id, n.distance_m
FROM (
  SELECT %(lon)s::float8 AS lon, %(lat)s::float8 AS lat, %(name)s::text AS name, %(parent)s::bigint AS parent,
         ST_Expand(ST_SetSRID(ST_MakePoint(%(lon)s::float8, %(lat)s::float8), 4326), %(soft_m)s / 80000.0) AS box OFFSET 0) w
CROSS JOIN LATERAL (
%include(imports_alike)
) n
