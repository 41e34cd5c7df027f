-- Records that an import batch wrote or took back, and what hangs on them: its level follows theirs.
-- in:    batch bigint
-- out:   id
-- index: feature_version_batch_idx, feature_parent_idx
WITH written AS (SELECT DISTINCT v.feature_id AS id FROM feature_version v WHERE v.batch_id = %(batch)s::bigint)
SELECT id FROM written
UNION
SELECT c.id FROM feature c JOIN written w ON c.parent_id = w.id
