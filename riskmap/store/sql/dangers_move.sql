-- Append an event to a hidden danger, as its version `seq`.
-- in:    danger_id bigint · seq int · move, state, person, unit, supervision, note, attachment text · deadline_on, asked_on, happened_on date · actor text · now timestamptz
-- out:   nothing
-- index: hidden_danger_pkey
INSERT INTO hidden_danger_event (danger_id, steward_org, seq, move, state, deadline_on, person, unit, asked_on, supervision, note, attachment, happened_on,
                                 actor, recorded_at)
SELECT d.id, d.steward_org, %(seq)s::int, %(move)s::text, %(state)s::text, %(deadline_on)s::date, %(person)s::text, %(unit)s::text, %(asked_on)s::date,
       %(supervision)s::text, %(note)s::text, %(attachment)s::text, %(happened_on)s::date, %(actor)s::text, %(now)s::timestamptz
FROM hidden_danger d WHERE d.id = %(danger_id)s::bigint
