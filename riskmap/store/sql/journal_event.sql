-- Tell live screens and the engine what happened.
-- in:    kind text · layer text? · steward_org int? · payload jsonb
-- out:   id
-- index: none
INSERT INTO event (kind, layer, steward_org, payload) VALUES (%(kind)s, %(layer)s, %(steward_org)s, %(payload)s) RETURNING id
