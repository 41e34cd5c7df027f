-- The organisation of a district.
-- in:    code text
-- out:   id
-- index: org_code_key
SELECT id FROM org WHERE kind = 'district' AND district_code = %(code)s ORDER BY id LIMIT 1
