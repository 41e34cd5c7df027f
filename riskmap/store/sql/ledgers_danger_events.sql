-- Put the events of hidden dangers on record, in the order given: the last one recorded is the state now.
-- in:    danger_code, state, person, note text[] · deadline_on, happened_on date[] · actor text · now timestamptz
-- out:   nothing
-- index: hidden_danger_code_steward_org_key
INSERT INTO hidden_danger_event (danger_id, steward_org, state, deadline_on, person, note, happened_on, actor, recorded_at)
SELECT d.id, d.steward_org, e.state, e.deadline_on, e.person, e.note, e.happened_on, %(actor)s, %(now)s
FROM unnest(%(danger_code)s::text[], %(state)s::text[], %(deadline_on)s::date[], %(person)s::text[], %(note)s::text[],
            %(happened_on)s::date[]) WITH ORDINALITY AS e(code, state, deadline_on, person, note, happened_on, place)
JOIN hidden_danger d ON d.code = e.code
ORDER BY e.place
