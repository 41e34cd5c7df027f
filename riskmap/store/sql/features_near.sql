-- Features of the given layers within a distance of a point, nearest first.
-- in:    layers text[] · lon, lat double (WGS 84 degrees) · radius_m double · box_deg_lon, box_deg_lat double (half size of the search box) · limit int · beside bigint? (record to leave out)
-- out:   layer, id, code, name, level, distance_m, lon, lat, attributes
-- index: feature_geom_idx (box first, so that row-level security keeps the index; exact distance after)
SELECT f.layer, f.id, f.code, f.name, f.effective_level AS level, f.attributes, ST_X(f.geom) AS lon, ST_Y(f.geom) AS lat,
       ST_Distance(f.geom::geography, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography) AS distance_m
FROM feature f
WHERE f.geom && ST_MakeEnvelope(%(lon)s::float8 - %(box_deg_lon)s, %(lat)s::float8 - %(box_deg_lat)s, %(lon)s::float8 + %(box_deg_lon)s, %(lat)s::float8 + %(box_deg_lat)s, 4326)
  AND f.layer = ANY (%(layers)s::text[])
  AND f.status <> 'retired'
  AND (%(beside)s::bigint IS NULL OR f.id <> %(beside)s::bigint)
  AND ST_Distance(f.geom::geography, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography) <= %(radius_m)s
ORDER BY distance_m, f.id
LIMIT %(limit)s
