-- Counts of the filter by one typed column.
-- in:    the filter · {column} effective_level, district_code or status
-- out:   value text ('0' where there is none), n bigint
-- index: as the filter
SELECT coalesce(f.{column}::text, '0') AS value, count(*) AS n FROM feature f WHERE %include(features_where) GROUP BY 1 ORDER BY 1
