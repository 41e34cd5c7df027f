-- Records in force per layer, and whether any is demo data.
-- in:    nothing
-- out:   layer text, n bigint, demo bool
-- index: feature_layer_idx
SELECT layer, count(*) AS n, bool_or(demo) AS demo FROM feature WHERE status <> 'retired' GROUP BY layer
