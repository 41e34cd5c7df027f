-- Which proposals are asked for.
-- in:    states text[] · actor text · mine bool? · layer, kind, district text?
-- index: feature_change_queue_idx, feature_change_maker_idx
c.state = ANY (%(states)s::text[])
%given(mine) AND (c.maker = %(actor)s) = %(mine)s::boolean
%given(layer) AND c.layer = %(layer)s
%given(kind) AND c.kind = %(kind)s
%given(district) AND c.payload -> 'record' ->> 'district_code' = %(district)s
