-- The roads in force: the newest roads dataset recorded before a time.
-- in:    until timestamptz?
-- out:   id, name, source, valid_on, datum, facts, recorded_at
-- index: dataset is a handful of rows
SELECT id, name, source, valid_on, datum, facts, recorded_at FROM dataset
WHERE kind = 'roads' AND recorded_at < coalesce(%(until)s::timestamptz, 'infinity')
ORDER BY id DESC LIMIT 1
