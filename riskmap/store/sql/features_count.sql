-- How many records the filter holds.
-- in:    the filter
-- out:   n bigint
-- index: as the filter
SELECT count(*) AS n FROM feature f WHERE %include(features_where)
