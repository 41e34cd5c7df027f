-- Put lots of supplies on record in depots named by id. Their receipts come with ledgers_receipts.
-- in:    feature_id bigint[] · steward_org int[] · supply_code, supply_name, unit, batch_no, location text[] · expires_on date[] ·
--        minimum_reserve numeric[] · batch bigint · actor text · now timestamptz
-- out:   id of each lot; ascending ids follow the order given
-- index: none
INSERT INTO stock_batch (feature_id, steward_org, supply_code, supply_name, unit, batch_no, location, expires_on, minimum_reserve, import_id,
                         actor, recorded_at)
SELECT s.feature, s.steward, s.supply, s.name, s.unit, s.lot, s.location, s.expires_on, s.reserve, %(batch)s, %(actor)s, %(now)s
FROM unnest(%(feature_id)s::bigint[], %(steward_org)s::int[], %(supply_code)s::text[], %(supply_name)s::text[], %(unit)s::text[],
            %(batch_no)s::text[], %(location)s::text[], %(expires_on)s::date[], %(minimum_reserve)s::numeric[])
     WITH ORDINALITY AS s(feature, steward, supply, name, unit, lot, location, expires_on, reserve, place)
ORDER BY s.place
RETURNING id
