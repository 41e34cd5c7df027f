-- The last run that wrote the current grades.
-- in:    nothing
-- out:   id, kind, method_id, method, as_of, datasets, through_event, sources, cells, engine_ms, digest, notes, ended_at
-- index: grading_run_pkey
SELECT r.id, r.kind, r.method_id, m.name AS method, r.as_of, r.datasets, r.through_event, r.sources, r.cells, r.engine_ms, r.digest, r.notes, r.started_at, r.ended_at
FROM grading_run r JOIN method m ON m.id = r.method_id
WHERE r.kind <> 'closing' ORDER BY r.id DESC LIMIT 1
