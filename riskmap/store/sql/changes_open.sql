-- The open proposal of a record, if there is one.
-- in:    feature_id bigint
-- out:   id, state, maker
-- index: feature_change_open_idx
SELECT id, state, maker FROM feature_change WHERE feature_id = %(feature_id)s AND state IN ('draft', 'submitted', 'confirmed', 'returned')
