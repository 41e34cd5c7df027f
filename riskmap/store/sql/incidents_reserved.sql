-- What is held of places and stock, by all incidents but one.
-- in:    beside bigint? (incident)
-- out:   feature_id, kind, supply_code, quantity
-- index: reservation_feature_idx
SELECT r.feature_id, r.kind, coalesce(r.supply_code, '') AS supply_code, sum(r.quantity) AS quantity FROM reservation_active r
WHERE %(beside)s::bigint IS NULL OR r.incident_id <> %(beside)s::bigint GROUP BY 1, 2, 3
