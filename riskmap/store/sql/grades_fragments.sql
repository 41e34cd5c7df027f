-- Fragments of a borders dataset.
-- in:    dataset int
-- out:   cell, district (code as a number, 0 outside), area_m2
-- index: fragment_pkey
SELECT f.cell, f.district_code::bigint AS district, f.area_m2 FROM fragment f WHERE f.dataset_id = %(dataset)s::int ORDER BY f.cell, f.district_code
