-- What readiness asks of the database, in one go, as the engine.
-- in:    nothing
-- out:   audit_waiting int (rows older than ten seconds without seal) · run bigint? · run_at timestamptz? · event_lag bigint (events after the last run)
-- index: audit_seal_pkey, grading_run_pkey, event_pkey
SELECT (SELECT count(*)::int FROM audit a
        WHERE a.id > (SELECT coalesce(max(audit_id), 0) - 20000 FROM audit_seal) AND a.at < now() - interval '10 seconds'
          AND NOT EXISTS (SELECT 1 FROM audit_seal s WHERE s.audit_id = a.id)) AS audit_waiting,
       r.id AS run, r.ended_at AS run_at,
       (SELECT count(*) FROM event e WHERE e.id > coalesce(r.through_event, 0) AND e.kind IN ('features.changed', 'ledger.changed')) AS event_lag
FROM (SELECT 1) one LEFT JOIN (SELECT id, ended_at, through_event FROM grading_run ORDER BY id DESC LIMIT 1) r ON true
