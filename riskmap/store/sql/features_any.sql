-- Is anything of this layer in force.
-- in:    layer text
-- out:   found bool
-- index: feature_layer_idx
SELECT EXISTS (SELECT 1 FROM feature WHERE layer = %(layer)s) AS found
