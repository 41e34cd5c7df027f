-- Draft a method.
-- in:    name text · parameters jsonb · actor text
-- out:   id
-- index: method_name_key
INSERT INTO method (name, parameters, state, drafted_by) VALUES (%(name)s, %(parameters)s, 'draft', %(actor)s) RETURNING id
