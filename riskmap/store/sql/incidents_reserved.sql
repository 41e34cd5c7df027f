-- What is held of places and stock, by all incidents but one; stock that is ordered and not loaded yet is held too.
-- in:    beside bigint? (incident)
-- out:   feature_id, kind, supply_code, quantity
-- index: reservation_feature_idx, stock_document_promised_idx
WITH held AS (
  SELECT r.feature_id, r.kind, coalesce(r.supply_code, '') AS supply_code, r.quantity FROM reservation_active r
  WHERE %(beside)s::bigint IS NULL OR r.incident_id <> %(beside)s::bigint
  UNION ALL
  SELECT d.feature_id, 'stock', l.supply_code, l.quantity FROM stock_document d JOIN stock_line l ON l.document_id = d.id
  WHERE d.kind = 'dispatch' AND d.state = 'ordered' AND (%(beside)s::bigint IS NULL OR d.incident_id <> %(beside)s::bigint))
SELECT feature_id, kind, supply_code, sum(quantity) AS quantity FROM held GROUP BY 1, 2, 3
