-- A run of the engine.
-- in:    kind text · method int · as_of date · datasets int[] · through bigint · sources, cells int · engine_ms float8 · digest text · notes jsonb · started_at timestamptz
-- out:   id
-- index: none
INSERT INTO grading_run (kind, method_id, as_of, datasets, through_event, sources, cells, engine_ms, digest, notes, started_at, ended_at)
VALUES (%(kind)s, %(method)s, %(as_of)s, %(datasets)s::int[], %(through)s, %(sources)s, %(cells)s, %(engine_ms)s, %(digest)s, %(notes)s, %(started_at)s, clock_timestamp())
RETURNING id
