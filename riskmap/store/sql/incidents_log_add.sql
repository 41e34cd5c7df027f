-- Append to an incident's log; `seq` null takes the next version, a given one must be it. Facts count for open and facts alone.
-- in:    incident_id bigint · seq int? · move, note, person text · facts jsonb · happened_at, now timestamptz
-- out:   seq, state
-- index: incident_log_incident_id_seq_key
INSERT INTO incident_log (incident_id, seq, move, state, facts, note, person, happened_at, recorded_at)
VALUES (%(incident_id)s::bigint, %(seq)s::int, %(move)s::text, 'open', %(facts)s::jsonb, %(note)s::text, %(person)s::text, %(happened_at)s::timestamptz, %(now)s::timestamptz)
RETURNING seq, state
