-- Residents of a population dataset, by cell and district.
-- in:    dataset int · cell bigint[] (H3 resolution 9) · district_code text[] · residents_milli bigint[]
-- out:   nothing
-- index: none
INSERT INTO population_cell (dataset_id, cell, district_code, residents_milli)
SELECT %(dataset)s, p.*
FROM unnest(%(cell)s::bigint[], %(district_code)s::text[], %(residents_milli)s::bigint[]) AS p(cell, district, residents)
