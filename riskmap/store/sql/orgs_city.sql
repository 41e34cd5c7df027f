-- The city's own organisation.
-- in:    nothing
-- out:   id
-- index: org_code_key
SELECT id FROM org WHERE kind = 'city' ORDER BY id LIMIT 1
