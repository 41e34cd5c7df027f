-- A new version of the roads.
-- in:    name, source, datum text · valid_on date · facts jsonb · now timestamptz
-- out:   id
-- index: none
INSERT INTO dataset (kind, name, source, valid_on, demo, datum, facts, recorded_at)
VALUES ('roads', %(name)s, %(source)s, %(valid_on)s, false, %(datum)s, %(facts)s::jsonb, %(now)s)
RETURNING id
