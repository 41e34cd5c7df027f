-- The record of a transfer goes to the side that has just approved it, with all that hangs on it (app.hand_over).
-- in:    id bigint
-- out:   one row
-- index: feature_pkey, feature_version_change_idx
SELECT app.hand_over(%(id)s::bigint)
