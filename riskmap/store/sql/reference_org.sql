-- Take in organisations under their parents; one that is there keeps its row.
-- in:    codes, names, kinds, parents (codes), districts text[] (as long as each other)
-- out:   nothing
-- index: org_code_key
INSERT INTO org (code, name, kind, parent_id, district_code)
SELECT o.code, o.name, o.kind, p.id, o.district
FROM unnest(%(codes)s::text[], %(names)s::text[], %(kinds)s::text[], %(parents)s::text[], %(districts)s::text[])
     WITH ORDINALITY AS o(code, name, kind, parent, district, place)
LEFT JOIN org p ON p.code = o.parent
WHERE NOT EXISTS (SELECT 1 FROM org have WHERE have.code = o.code)
ORDER BY o.place
