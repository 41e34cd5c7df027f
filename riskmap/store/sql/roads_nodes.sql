-- Nodes of a roads dataset, in order.
-- in:    dataset int
-- out:   id bigint, lon, lat double
-- index: road_node_pkey
SELECT id::bigint, ST_X(geom), ST_Y(geom) FROM road_node WHERE dataset_id = %(dataset)s::int ORDER BY id
