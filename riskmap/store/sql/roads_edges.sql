-- Edges of a roads dataset, in order, the numbers alone.
-- in:    dataset int
-- out:   source, target, direction, walk bigint · drive_kmh, metres double
-- index: road_edge_pkey
SELECT source::bigint, target::bigint, direction::bigint, walk::int::bigint, drive_kmh, metres FROM road_edge WHERE dataset_id = %(dataset)s::int ORDER BY id
