-- Begin a dispatch.
-- in:    incident_id, feature_id bigint · steward_org int · to_feature_id bigint? · to_org int? · party, reason text? · now timestamptz
-- out:   id
-- index: none
INSERT INTO stock_document (kind, incident_id, feature_id, steward_org, to_feature_id, to_org, party, reason, happened_at)
VALUES ('dispatch', %(incident_id)s::bigint, %(feature_id)s::bigint, %(steward_org)s::int, %(to_feature_id)s::bigint, %(to_org)s::int, %(party)s::text,
        %(reason)s::text, %(now)s::timestamptz)
RETURNING id
