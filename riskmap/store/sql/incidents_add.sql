-- Put an incident on record; its code and who entered it are the database's own.
-- in:    lon, lat double (WGS 84 degrees) · address text · feature_id bigint · happened_at, reported_at, now timestamptz · exercise bool
-- out:   id, code, district_code
-- index: district_geom_idx
INSERT INTO incident (geom, district_code, address, feature_id, happened_at, reported_at, recorded_at, exercise)
SELECT p.geom, (SELECT d.code FROM district d WHERE ST_Intersects(d.geom, p.geom) ORDER BY d.code LIMIT 1), %(address)s::text, %(feature_id)s::bigint,
       %(happened_at)s::timestamptz, %(reported_at)s::timestamptz, %(now)s::timestamptz, %(exercise)s::bool
FROM (SELECT ST_SetSRID(ST_MakePoint(%(lon)s::float8, %(lat)s::float8), 4326) AS geom) p
RETURNING id, code, district_code
