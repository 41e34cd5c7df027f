-- Put lots of supplies on record in depots named by code, numbered in the order given.
-- in:    layer text · feature_code, supply_code, supply_name, unit, batch_no, location text[] · expires_on date[] ·
--        minimum_reserve numeric[] · actor text · demo bool · now timestamptz
-- out:   id of each lot; ascending ids follow the order given
-- index: feature_layer_code_steward_org_key
INSERT INTO stock_batch (feature_id, steward_org, supply_code, supply_name, unit, batch_no, location, expires_on, minimum_reserve, actor,
                         demo, recorded_at)
SELECT f.id, f.steward_org, s.supply, s.name, s.unit, s.lot, s.location, s.expires_on, s.reserve, %(actor)s, %(demo)s, %(now)s
FROM unnest(%(feature_code)s::text[], %(supply_code)s::text[], %(supply_name)s::text[], %(unit)s::text[], %(batch_no)s::text[],
            %(location)s::text[], %(expires_on)s::date[], %(minimum_reserve)s::numeric[])
     WITH ORDINALITY AS s(code, supply, name, unit, lot, location, expires_on, reserve, place)
JOIN feature f ON f.layer = %(layer)s AND f.code = s.code
ORDER BY s.place
RETURNING id
