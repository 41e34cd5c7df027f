-- People counted in the shelters that are open.
-- in:    nothing
-- out:   feature_id, people
-- index: shelter_state_feature_idx, shelter_occupancy_feature_idx
SELECT n.feature_id, n.people FROM shelter_now n WHERE n.people IS NOT NULL
