-- Counts of the filter by one declared attribute.
-- in:    the filter · field text
-- out:   value text ('' where it is not known), n bigint
-- index: as the filter
SELECT coalesce(f.attributes ->> %(field)s::text, '') AS value, count(*) AS n FROM feature f WHERE %include(features_where) GROUP BY 1 ORDER BY 2 DESC, 1
