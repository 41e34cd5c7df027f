-- The version of the outlines in force; one for all districts.
-- in:    nothing
-- out:   version
-- index: district is 16 rows
SELECT string_agg(DISTINCT borders_version, '+' ORDER BY borders_version) AS version FROM district
