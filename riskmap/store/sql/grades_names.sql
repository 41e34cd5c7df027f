-- Names of records for a card; only those the reader may see.
-- in:    ids bigint[]
-- out:   id, layer, code, name, town_code, address
-- index: feature_pkey
SELECT f.id, f.layer, f.code, f.name, f.town_code, f.address FROM feature f WHERE f.id = ANY (%(ids)s::bigint[])
