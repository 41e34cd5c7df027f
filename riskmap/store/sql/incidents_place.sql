-- Where a record in force stands.
-- in:    id bigint
-- out:   id, layer, name, lon, lat, parent_id
-- index: feature_pkey
SELECT f.id, f.layer, f.name, ST_X(f.geom) AS lon, ST_Y(f.geom) AS lat, f.parent_id FROM feature f WHERE f.id = %(id)s::bigint AND f.status <> 'retired'
