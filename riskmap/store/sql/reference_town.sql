-- Take in streets and towns; one that is there keeps its row.
-- in:    codes, names, kinds, districts text[] (as long as each other)
-- out:   nothing
-- index: town_pkey
INSERT INTO town (code, name, kind, district_code)
SELECT * FROM unnest(%(codes)s::text[], %(names)s::text[], %(kinds)s::text[], %(districts)s::text[])
ON CONFLICT (code) DO NOTHING
