-- The level of a major hazard for what hangs on it, also where the hazard is another unit's (app.level_above says to whom it is told).
-- in:    parent bigint · layers text[]
-- out:   level
-- index: feature_pkey, feature_parent_idx
SELECT app.level_above(%(parent)s::bigint, %(layers)s::text[]) AS level
