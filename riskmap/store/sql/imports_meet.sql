-- Find for every staged row the record it means (by id, else by code) and its parent (by code, in the order of the parent layers).
-- in:    layer text · parents text[]
-- out:   rows written
-- index: feature (code, layer, steward_org). One look-up a row: the layer is hidden from the planner (|| ''), whose statistics may not know
--        a layer yet that was filled a moment ago, and would walk all of it for every row
UPDATE staged s SET
  met = CASE WHEN s.target IS NOT NULL THEN (SELECT f.id FROM feature f WHERE f.id = s.target)
             WHEN s.code IS NOT NULL THEN (SELECT min(f.id) FROM feature f WHERE f.code = s.code AND f.layer || '' = %(layer)s) END,
  parent = CASE WHEN s.parent_code IS NOT NULL THEN (
             SELECT p.id FROM feature p WHERE p.code = s.parent_code AND p.layer || '' = ANY (%(parents)s::text[]) AND p.status <> 'retired'
             ORDER BY array_position(%(parents)s::text[], p.layer), p.id LIMIT 1) END
