-- A new version of a dataset the engine reads.
-- in:    kind, name, source text · valid_on date · demo bool · now timestamptz
-- out:   id
-- index: none
INSERT INTO dataset (kind, name, source, valid_on, demo, recorded_at)
VALUES (%(kind)s, %(name)s, %(source)s, %(valid_on)s, %(demo)s, %(now)s)
RETURNING id
