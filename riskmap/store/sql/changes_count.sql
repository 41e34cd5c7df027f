-- How many proposals there are, and how many of them nobody has anything to say about.
-- in:    as changes_where
-- out:   n, clean
-- index: feature_change_queue_idx
SELECT count(*) AS n, count(*) FILTER (WHERE jsonb_array_length(c.findings) = 0) AS clean
FROM feature_change c
WHERE
%include(changes_where)
