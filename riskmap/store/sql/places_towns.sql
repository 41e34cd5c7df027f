-- Streets and towns.
-- in:    nothing
-- out:   code, name, kind, district_code
-- index: town_pkey
SELECT code, name, kind, district_code FROM town ORDER BY code
