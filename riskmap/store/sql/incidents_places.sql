-- Records in force of the given layers, all or those in a box: what a plan looks at.
-- in:    layers text[] · west, south, east, north double? (WGS 84 degrees)
-- out:   id, layer, code, name, level, district_code, steward_org, attributes, lon, lat
-- index: feature_geom_idx, feature_layer_idx
SELECT f.id, f.layer, f.code, f.name, f.effective_level AS level, f.district_code, f.steward_org, f.attributes, ST_X(f.geom) AS lon, ST_Y(f.geom) AS lat
FROM feature f
WHERE f.layer = ANY (%(layers)s::text[]) AND f.status <> 'retired'
%given(west) AND f.geom && ST_MakeEnvelope(%(west)s::float8, %(south)s::float8, %(east)s::float8, %(north)s::float8, 4326)
ORDER BY f.id
