-- Hold places or stock for an incident; the database refuses what is not there.
-- in:    incident_id, plan_id, feature_id bigint · kind, supply_code, unit text · quantity, out_of numeric · expires_at, now timestamptz
-- out:   id
-- index: reservation_feature_idx
INSERT INTO reservation (incident_id, plan_id, feature_id, kind, supply_code, unit, quantity, out_of, expires_at, recorded_at)
VALUES (%(incident_id)s::bigint, %(plan_id)s::bigint, %(feature_id)s::bigint, %(kind)s::text, %(supply_code)s::text, %(unit)s::text, %(quantity)s::numeric,
        %(out_of)s::numeric, %(expires_at)s::timestamptz, %(now)s::timestamptz)
RETURNING id
