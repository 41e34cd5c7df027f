-- Put a draft away. What was ever in force stays.
-- in:    id int
-- out:   rows written
-- index: method_pkey
UPDATE method SET state = 'ended' WHERE id = %(id)s::int AND state IN ('draft', 'trial')
