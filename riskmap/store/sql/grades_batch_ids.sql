-- Records that an import batch wrote or took back.
-- in:    batch bigint
-- out:   id
-- index: feature_version_batch_idx
SELECT DISTINCT v.feature_id AS id FROM feature_version v WHERE v.batch_id = %(batch)s::bigint
