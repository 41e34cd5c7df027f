-- What edges of a roads dataset are called and how they run, in order.
-- in:    dataset int
-- out:   class, name text · course bytea (WKB)
-- index: road_edge_pkey
SELECT class, name, ST_AsBinary(geom) AS course FROM road_edge WHERE dataset_id = %(dataset)s::int ORDER BY id
