-- Which edition of each district is loaded.
-- in:    nothing
-- out:   code, name, zone, population, borders_version
-- index: district_pkey
SELECT code, name, zone, population, borders_version FROM district
