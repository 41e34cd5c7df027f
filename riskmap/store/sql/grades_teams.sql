-- Rescue teams as the engine takes them.
-- in:    layers text[] · ids bigint[]? · until timestamptz?
-- out:   id, cell, ready
-- index: as grades_record
WITH record AS (%include(grades_record))
SELECT r.id, r.cell, 1::bigint AS ready FROM record r
