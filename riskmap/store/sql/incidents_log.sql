-- An incident's log, newest first.
-- in:    id bigint · size int
-- out:   seq, move, state, note, actor, person, happened_at, recorded_at
-- index: incident_log_incident_id_seq_key
SELECT seq, move, state, note, actor, person, happened_at, recorded_at FROM incident_log WHERE incident_id = %(id)s::bigint ORDER BY seq DESC LIMIT %(size)s::int
