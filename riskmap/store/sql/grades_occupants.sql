-- Protected sites as the engine takes them.
-- in:    layers text[] · occupants text[] (attribute names, parallel to layers) · ids bigint[]? · until timestamptz?
-- out:   id, cell, people (-1 unknown)
-- index: as grades_record
WITH record AS (%include(grades_record))
SELECT r.id, r.cell, coalesce(floor((r.attributes ->> s.occupants)::float8), -1)::bigint AS people
FROM record r
JOIN unnest(%(layers)s::text[], %(occupants)s::text[]) AS s(layer, occupants) ON s.layer = r.layer
