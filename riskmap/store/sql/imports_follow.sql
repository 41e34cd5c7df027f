-- A major hazard of this batch changed level: what is linked to it takes the worse of the two, in whatever unit. Derived, so no new version.
-- in:    batch bigint · hazard_layers text[]
-- out:   one row
-- index: feature_batch_idx, feature_parent_idx
SELECT app.follow(%(batch)s, %(hazard_layers)s::text[])
