-- A population dataset by cell and district.
-- in:    dataset int
-- out:   cell, district (code as a number), residents_milli
-- index: population_cell_pkey
SELECT p.cell, p.district_code::bigint AS district, p.residents_milli FROM population_cell p WHERE p.dataset_id = %(dataset)s::int
