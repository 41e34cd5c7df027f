-- Store edges of a roads dataset.
-- in:    dataset int · id, source, target, direction, walk bigint[] · drive_kmh, metres float8[] · class, name text[] · course bytea[] (WKB)
-- out:   rows written
-- index: road_edge_pkey
INSERT INTO road_edge (dataset_id, id, source, target, class, name, direction, drive_kmh, walk, metres, geom)
SELECT %(dataset)s::int, e.id, e.source, e.target, e.class, e.name, e.direction, e.drive_kmh, e.walk = 1, e.metres, ST_GeomFromWKB(e.course, 4326)
FROM unnest(%(id)s::bigint[], %(source)s::bigint[], %(target)s::bigint[], %(direction)s::bigint[], %(walk)s::bigint[], %(drive_kmh)s::float8[],
            %(metres)s::float8[], %(class)s::text[], %(name)s::text[], %(course)s::bytea[])
     AS e(id, source, target, direction, walk, drive_kmh, metres, class, name, course)
