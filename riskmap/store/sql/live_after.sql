-- What screens are told after an event, oldest first, with what committed late within the last minute (its id is lower than one already told).
-- in:    after bigint · window int (how far back late ones are looked for) · seen bigint[] · size int
-- out:   id, kind, layer, payload
-- index: event_pkey
SELECT e.id, e.kind, e.layer, e.payload FROM event e
WHERE (e.id > %(after)s::bigint OR e.id > %(after)s::bigint - %(window)s::int AND e.at > clock_timestamp() - interval '1 minute') AND e.id <> ALL (%(seen)s::bigint[])
  AND e.kind IN ('incident.changed', 'features.changed', 'ledger.changed')
ORDER BY e.id LIMIT %(size)s::int
