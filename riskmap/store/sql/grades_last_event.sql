-- Ids of the newest events, newest first.
-- in:    window int
-- out:   id
-- index: event_pkey
SELECT id FROM event ORDER BY id DESC LIMIT %(window)s::int
