-- Whether nothing but the demo city was ever stored.
-- in:    nothing
-- out:   only bool
-- index: feature has no index for it; asked once, after an interrupted demo
SELECT NOT EXISTS (SELECT 1 FROM feature WHERE NOT demo) AND NOT EXISTS (SELECT 1 FROM import_batch WHERE NOT demo) AS only
