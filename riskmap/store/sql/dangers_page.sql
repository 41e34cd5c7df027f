-- A page of hidden dangers: open before ended, the earliest deadline first, those without one after them.
-- in:    as dangers_where · after_ended bool, after_on date, after_id bigint (last of the page before, or null) · limit int
-- out:   as dangers_where, ended, due_on (sort keys)
-- index: as dangers_where
SELECT * FROM (SELECT w.*, w.state IN ('closed', 'withdrawn') AS ended, coalesce(w.deadline_on, 'infinity'::date)::text AS due_on FROM (
%include(dangers_where)
) w) p
WHERE true
%given(after_id) AND (p.ended, p.due_on::date, p.id) > (%(after_ended)s::bool, %(after_on)s::date, %(after_id)s::bigint)
ORDER BY p.ended, p.due_on::date, p.id LIMIT %(limit)s::int
