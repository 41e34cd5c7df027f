-- Append states to hidden dangers named by id, in the order given.
-- in:    danger_id bigint[] · steward_org int[] · state, person, note text[] · deadline_on, happened_on date[] · actor text · now timestamptz
-- out:   nothing
-- index: none
INSERT INTO hidden_danger_event (danger_id, steward_org, state, deadline_on, person, note, happened_on, actor, recorded_at)
SELECT e.danger, e.steward, e.state, e.deadline_on, e.person, e.note, e.happened_on, %(actor)s, %(now)s
FROM unnest(%(danger_id)s::bigint[], %(steward_org)s::int[], %(state)s::text[], %(deadline_on)s::date[], %(person)s::text[],
            %(note)s::text[], %(happened_on)s::date[]) WITH ORDINALITY AS e(danger, steward, state, deadline_on, person, note, happened_on, place)
ORDER BY e.place
