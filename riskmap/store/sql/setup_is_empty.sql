-- Whether no record was ever stored, in force or not.
-- in:    nothing
-- out:   empty bool
-- index: feature_version_pkey
SELECT NOT EXISTS (SELECT 1 FROM feature_version) AND NOT EXISTS (SELECT 1 FROM feature) AS empty
