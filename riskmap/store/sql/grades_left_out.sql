-- How many records of grading layers are not graded, and why: no place, no level, required fields missing.
-- in:    layers text[]
-- out:   incomplete, placeless, levelless
-- index: feature_layer_idx
SELECT count(*) FILTER (WHERE f.status = 'incomplete') AS incomplete,
       count(*) FILTER (WHERE f.status = 'approved' AND f.cell IS NULL) AS placeless,
       count(*) FILTER (WHERE f.status = 'approved' AND f.cell IS NOT NULL AND coalesce(f.level, f.effective_level) IS NULL) AS levelless
FROM feature f WHERE f.layer = ANY (%(layers)s::text[])
