-- How shelters stand now.
-- in:    ids bigint[]
-- out:   feature_id, steward_org, state, state_at, state_by, note, counted, opened_at, people, counted_at, counted_by (null: not known)
-- index: feature_pkey, shelter_state_feature_idx, shelter_occupancy_feature_idx
SELECT feature_id, steward_org, state, state_at, state_by, note, counted, opened_at, people, counted_at, counted_by
FROM shelter_now WHERE feature_id = ANY (%(ids)s::bigint[])
