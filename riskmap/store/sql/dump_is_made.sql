-- Whether the product's tables are there.
-- in:    nothing
-- out:   made bool
-- index: none
SELECT to_regclass('public.feature_version') IS NOT NULL AND to_regclass('public.feature') IS NOT NULL AS made
