-- Say the least a depot is to hold of a kind; the last one said holds.
-- in:    feature_id bigint · steward_org int · supply_code, supply_name, unit text · minimum numeric
-- out:   id
-- index: none
INSERT INTO stock_minimum (feature_id, steward_org, supply_code, supply_name, unit, minimum)
VALUES (%(feature_id)s, %(steward_org)s, %(supply_code)s, %(supply_name)s, %(unit)s, %(minimum)s)
RETURNING id
