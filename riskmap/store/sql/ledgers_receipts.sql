-- The first receipt of each lot.
-- in:    stock_id bigint[] · quantity numeric[] (as long as each other) · actor text · now timestamptz
-- out:   nothing
-- index: stock_batch_pkey
INSERT INTO stock_movement (stock_id, steward_org, kind, quantity, actor, happened_at, recorded_at)
SELECT b.id, b.steward_org, 'receipt', r.quantity, %(actor)s, %(now)s, %(now)s
FROM unnest(%(stock_id)s::bigint[], %(quantity)s::numeric[]) WITH ORDINALITY AS r(id, quantity, place)
JOIN stock_batch b ON b.id = r.id
ORDER BY r.place
