-- Store nodes of a roads dataset.
-- in:    dataset int · id bigint[] · lon, lat float8[] (WGS 84 degrees)
-- out:   rows written
-- index: road_node_pkey
INSERT INTO road_node (dataset_id, id, geom)
SELECT %(dataset)s::int, n.id, ST_SetSRID(ST_MakePoint(n.lon, n.lat), 4326)
FROM unnest(%(id)s::bigint[], %(lon)s::float8[], %(lat)s::float8[]) AS n(id, lon, lat)
