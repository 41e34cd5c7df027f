-- Put a drafted method in force from a day; the one before it ends. The table refuses an approver who drafted it.
-- in:    id int · actor text · day date
-- out:   rows written
-- index: method_pkey
UPDATE method SET state = CASE WHEN id = %(id)s::int THEN 'in_force' ELSE 'ended' END,
                  approved_by = CASE WHEN id = %(id)s::int THEN %(actor)s::text ELSE approved_by END,
                  in_force_from = CASE WHEN id = %(id)s::int THEN %(day)s::date ELSE in_force_from END
WHERE (id = %(id)s::int AND state IN ('draft', 'trial')) OR (id <> %(id)s::int AND state = 'in_force')
