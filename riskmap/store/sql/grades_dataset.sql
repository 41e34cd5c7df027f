-- The newest dataset of a kind recorded before a time.
-- in:    kind text · until timestamptz?
-- out:   id, name, source, valid_on, demo
-- index: dataset is a handful of rows
SELECT id, name, source, valid_on, demo FROM dataset
WHERE kind = %(kind)s AND recorded_at < coalesce(%(until)s::timestamptz, 'infinity')
ORDER BY id DESC LIMIT 1
