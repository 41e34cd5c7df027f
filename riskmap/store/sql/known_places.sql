-- Places of a layer in force: first those that share a code or a name with the rows asked for, then others.
-- in:    layer text · codes text[] · names text[] · most int
-- out:   code, name, lon, lat (WGS 84 degrees)
-- index: feature_layer_idx
SELECT f.code, f.name, ST_X(f.geom) AS lon, ST_Y(f.geom) AS lat
FROM feature f
WHERE f.layer = %(layer)s AND f.geom IS NOT NULL AND f.status <> 'retired'
ORDER BY (f.code = ANY (%(codes)s::text[]) OR f.name = ANY (%(names)s::text[])) IS NOT TRUE, f.id
LIMIT %(most)s
