-- A new lot in a depot; its receipt comes with a document.
-- in:    feature_id bigint · steward_org int · supply_code, supply_name, unit text · batch_no, location text? · produced_on, expires_on date? · actor text
-- out:   id
-- index: none
INSERT INTO stock_batch (feature_id, steward_org, supply_code, supply_name, unit, batch_no, location, produced_on, expires_on, actor)
VALUES (%(feature_id)s, %(steward_org)s, %(supply_code)s, %(supply_name)s, %(unit)s, %(batch_no)s, %(location)s, %(produced_on)s, %(expires_on)s, %(actor)s)
RETURNING id
