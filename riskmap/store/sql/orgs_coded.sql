-- An organisation by its code.
-- in:    code text
-- out:   id, code, name, kind
-- index: org_code_key
SELECT id, code, name, kind FROM org WHERE code = %(code)s
