-- Store the fragments of a borders dataset.
-- in:    dataset int · cell bigint[] · district bigint[] (code as a number, 0 outside) · area_m2 float8[]
-- out:   rows written
-- index: fragment_pkey
INSERT INTO fragment (dataset_id, cell, district_code, area_m2)
SELECT %(dataset)s::int, f.cell, lpad(f.district::text, 6, '0'), f.area
FROM unnest(%(cell)s::bigint[], %(district)s::bigint[], %(area_m2)s::float8[]) AS f(cell, district, area)
