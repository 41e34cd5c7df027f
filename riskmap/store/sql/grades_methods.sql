-- Every method, newest first.
-- in:    nothing
-- out:   id, name, state, drafted_by, approved_by, in_force_from, created_at, parameters
-- index: method is a handful of rows
SELECT id, name, state, drafted_by, approved_by, in_force_from, created_at, parameters FROM method ORDER BY id DESC
