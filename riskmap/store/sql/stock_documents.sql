-- Documents with their lines, newest first: of one depot (its own book and what comes to it), or of all one may see.
-- in:    depot bigint? · supply text? · open bool? (only those that wait for somebody) · before bigint · size int
-- out:   id, kind, state, depot_id, depot, steward_org, to_id, to_name, to_org, reverses, reversed_by, reason, party, maker, checker, answer, happened_at, recorded_at, decided_at, incident_id, lines
-- index: stock_document_feature_idx, stock_document_to_idx, stock_document_pkey
SELECT d.id, d.kind, d.state, d.feature_id AS depot_id, f.name AS depot, d.steward_org, d.to_feature_id AS to_id, t.name AS to_name, d.to_org, d.reverses,
       (SELECT r.id FROM stock_document r WHERE r.reverses = d.id AND r.state <> 'refused') AS reversed_by,
       d.reason, d.party, d.maker, d.checker, d.answer, d.happened_at, d.recorded_at, d.decided_at, d.incident_id,
       (SELECT coalesce(jsonb_agg(to_jsonb(l) - '{steward_org,to_org,document_id}'::text[] ORDER BY l.stock_id), '[]') FROM stock_line l
         WHERE l.document_id = coalesce(d.reverses, d.id)) AS lines
FROM stock_document d
LEFT JOIN feature f ON f.id = d.feature_id
LEFT JOIN feature t ON t.id = d.to_feature_id
WHERE d.id < %(before)s::bigint AND d.state <> 'draft'
  AND (%(depot)s::bigint IS NULL OR d.feature_id = %(depot)s::bigint OR d.to_feature_id = %(depot)s::bigint)
  AND (NOT coalesce(%(open)s::bool, false) OR d.state IN ('waiting', 'sent', 'declined', 'ordered', 'loaded'))
  AND (%(supply)s::text IS NULL OR EXISTS (SELECT 1 FROM stock_line l WHERE l.document_id = coalesce(d.reverses, d.id) AND starts_with(l.supply_code, %(supply)s::text)))
ORDER BY d.id DESC
LIMIT %(size)s
