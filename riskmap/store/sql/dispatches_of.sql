-- Dispatches of an incident with their lines, newest first.
-- in:    incident_id bigint
-- out:   id, state, depot_id, depot, steward_org, to_id, to_name, to_org, party, reason, maker, recorded_at, loaded_by, loaded_at, checker, decided_at, answer, lines
-- index: stock_document_incident_idx
SELECT d.id, d.state, d.feature_id AS depot_id, f.name AS depot, d.steward_org, d.to_feature_id AS to_id, t.name AS to_name, d.to_org, d.party, d.reason, d.maker,
       d.recorded_at, d.loaded_by, d.loaded_at, d.checker, d.decided_at, d.answer,
       (SELECT coalesce(jsonb_agg(to_jsonb(l) - '{steward_org,to_org,document_id,expected,to_stock_id}'::text[] ORDER BY l.stock_id), '[]')
          FROM stock_line l WHERE l.document_id = d.id) AS lines
FROM stock_document d LEFT JOIN feature f ON f.id = d.feature_id LEFT JOIN feature t ON t.id = d.to_feature_id
WHERE d.incident_id = %(incident_id)s::bigint AND d.state <> 'draft' ORDER BY d.id DESC
