-- Put an inspection on record.
-- in:    feature_id bigint · steward_org int · kind, unit, inspectors, result, findings text · happened_on date · actor text
-- out:   id
-- index: none
INSERT INTO inspection (feature_id, steward_org, kind, unit, inspectors, result, findings, happened_on, actor)
VALUES (%(feature_id)s::bigint, %(steward_org)s::int, %(kind)s::text, %(unit)s::text, %(inspectors)s::text, %(result)s::text, %(findings)s::text,
        %(happened_on)s::date, %(actor)s::text)
RETURNING id
