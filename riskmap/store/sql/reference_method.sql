-- Put the default method in force where there is no method yet.
-- in:    name text · parameters jsonb
-- out:   nothing
-- index: method is a handful of rows
INSERT INTO method (name, parameters, state, drafted_by, approved_by, in_force_from)
SELECT %(name)s, %(parameters)s, 'in_force', 'product', 'operator', DATE '2020-01-01'
WHERE NOT EXISTS (SELECT 1 FROM method)
