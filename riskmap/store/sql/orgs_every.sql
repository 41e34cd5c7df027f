-- All organisations.
-- in:    nothing
-- out:   id, code, name, kind, parent_id, district_code
-- index: org_pkey
SELECT id, code, name, kind, parent_id, district_code FROM org ORDER BY id
