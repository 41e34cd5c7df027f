-- Changes of inputs after an event, oldest first, with those that committed late (their id is lower than one already seen).
-- in:    after bigint · window int (how far back late ones are looked for) · seen bigint[]
-- out:   id, kind, payload
-- index: event_pkey
SELECT e.id, e.kind, e.payload FROM event e
WHERE e.id > %(after)s::bigint - %(window)s::int AND e.id <> ALL (%(seen)s::bigint[]) AND e.kind IN ('features.changed', 'ledger.changed', 'method.changed', 'override.changed', 'dataset.changed')
ORDER BY e.id
