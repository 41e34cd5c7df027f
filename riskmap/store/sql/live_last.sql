-- The newest event there is: where a page that is shown now begins to listen.
-- in:    none
-- out:   id
-- index: event_pkey
SELECT coalesce(max(e.id), 0) AS id FROM event e
