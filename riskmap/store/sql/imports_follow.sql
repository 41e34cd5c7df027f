-- A major hazard of this batch changed level: what is linked to it takes the worse of the two. Derived, so no new version.
-- in:    batch bigint · hazard_layers text[]
-- out:   rows written
-- index: feature_parent_idx
UPDATE feature c SET effective_level = least(c.level, p.effective_level)
FROM feature p
WHERE c.parent_id = p.id AND p.batch_id = %(batch)s AND p.layer = ANY (%(hazard_layers)s::text[])
  AND c.effective_level IS DISTINCT FROM least(c.level, p.effective_level)
