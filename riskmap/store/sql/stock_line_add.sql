-- A line of a document that is being written.
-- in:    document_id bigint · steward_org int · stock_id bigint · quantity numeric
-- out:   quantity, expected
-- index: stock_batch_pkey
INSERT INTO stock_line (document_id, steward_org, stock_id, quantity) VALUES (%(document_id)s, %(steward_org)s, %(stock_id)s, %(quantity)s)
RETURNING quantity, expected
