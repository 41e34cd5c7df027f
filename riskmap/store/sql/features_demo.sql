-- Whether any of what the city is shown from is the demo city: asked of what every reader sees too, not of batches alone, which are their makers'.
-- in:    nothing
-- out:   demo bool
-- index: none (small tables)
SELECT EXISTS (SELECT 1 FROM dataset WHERE demo) OR EXISTS (SELECT 1 FROM import_batch WHERE demo AND state = 'committed') AS demo
