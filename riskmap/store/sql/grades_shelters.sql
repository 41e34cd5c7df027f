-- Shelters as the engine takes them.
-- in:    layers text[] · capacity, state text[] (attribute names, parallel to layers) · closed text[] (states that shelter nobody)
--        ids bigint[]? · until timestamptz?
-- out:   id, cell, district (code as a number, 0 outside), capacity (people, -1 unknown), closed
-- index: as grades_record
WITH record AS (%include(grades_record))
SELECT r.id, r.cell, coalesce(r.district_code, '0')::bigint AS district, coalesce(floor((r.attributes ->> s.capacity)::float8), -1)::bigint AS capacity,
       (coalesce(r.attributes ->> s.state, '') = ANY (%(closed)s::text[]))::int::bigint AS closed
FROM record r
JOIN unnest(%(layers)s::text[], %(capacity)s::text[], %(state)s::text[]) AS s(layer, capacity, state) ON s.layer = r.layer
