-- The method in force on a day.
-- in:    day date
-- out:   id, name, parameters, in_force_from
-- index: method is a handful of rows
SELECT id, name, parameters, in_force_from FROM method
WHERE state IN ('in_force', 'ended') AND in_force_from <= %(day)s::date ORDER BY in_force_from DESC, id DESC LIMIT 1
