-- Confirm or release what an incident holds: all of it, or the ones named.
-- in:    id bigint (incident) · ids bigint[]? · state text
-- out:   rows touched
-- index: reservation_incident_idx
UPDATE reservation SET state = %(state)s::text
WHERE incident_id = %(id)s::bigint AND (%(ids)s::bigint[] IS NULL OR id = ANY (%(ids)s::bigint[]))
  AND (state = 'held' AND (%(state)s::text = 'released' OR expires_at > now()) OR state = 'confirmed' AND %(state)s::text = 'released')
