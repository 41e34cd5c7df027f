-- Lots on record in these depots, with what is there now.
-- in:    ids bigint[]
-- out:   feature_id, supply_code, unit, batch_no, location, expires_on, quantity
-- index: stock_batch_feature_idx, stock_movement_stock_idx
SELECT feature_id, supply_code, unit, batch_no, location, expires_on, quantity FROM stock_now WHERE feature_id = ANY (%(ids)s::bigint[])
