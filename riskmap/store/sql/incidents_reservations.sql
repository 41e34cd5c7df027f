-- What an incident holds, with what expired and was released.
-- in:    id bigint
-- out:   id, feature_id, name, kind, supply_code, unit, quantity, state, expires_at, expired, actor, decided_by, decided_at
-- index: reservation_incident_idx, feature_pkey
SELECT r.id, r.feature_id, f.name, r.kind, r.supply_code, r.unit, r.quantity, r.state, r.expires_at, r.state = 'held' AND r.expires_at <= now() AS expired,
       r.actor, r.decided_by, r.decided_at
FROM reservation r LEFT JOIN feature f ON f.id = r.feature_id WHERE r.incident_id = %(id)s::bigint ORDER BY r.id
