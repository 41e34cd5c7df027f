-- Begin a document.
-- in:    kind text · feature_id bigint · steward_org int · to_feature_id bigint? · to_org int? · reverses bigint? · reason, party text? · happened_at timestamptz
-- out:   id
-- index: none
INSERT INTO stock_document (kind, feature_id, steward_org, to_feature_id, to_org, reverses, reason, party, happened_at)
VALUES (%(kind)s, %(feature_id)s, %(steward_org)s, %(to_feature_id)s, %(to_org)s, %(reverses)s, %(reason)s, %(party)s, %(happened_at)s)
RETURNING id
