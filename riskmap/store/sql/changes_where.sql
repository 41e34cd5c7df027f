-- Which proposals are asked for. A confirmed transfer waits for the side that takes it; its maker sees it wait.
-- in:    states text[] · actor text · mine bool? · layer, kind, district text?
-- index: feature_change_queue_idx, feature_change_maker_idx
c.state = ANY (%(states)s::text[])
%given(mine) AND (c.maker = %(actor)s) = %(mine)s::boolean
%given(layer) AND c.layer = %(layer)s
%given(kind) AND c.kind = %(kind)s
%given(district) AND c.payload -> 'record' ->> 'district_code' = %(district)s
AND (c.state <> 'confirmed' OR c.maker = %(actor)s OR c.to_org = ANY ((SELECT app.orgs())::int[]))
