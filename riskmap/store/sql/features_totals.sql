-- Records in force per layer.
-- in:    nothing
-- out:   layer text, n bigint
-- index: feature_level_idx (index only)
SELECT layer, count(*) AS n FROM feature WHERE status <> 'retired' GROUP BY layer
