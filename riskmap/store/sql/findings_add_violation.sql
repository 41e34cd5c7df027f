-- Put a violation on record.
-- in:    feature_id bigint · steward_org int · kind, fact, basis, measure, unit, document text · amount_yuan numeric · decided_on date · actor text
-- out:   id
-- index: none
INSERT INTO violation (feature_id, steward_org, kind, fact, basis, measure, amount_yuan, unit, document, decided_on, actor)
VALUES (%(feature_id)s::bigint, %(steward_org)s::int, %(kind)s::text, %(fact)s::text, %(basis)s::text, %(measure)s::text, %(amount_yuan)s::numeric,
        %(unit)s::text, %(document)s::text, %(decided_on)s::date, %(actor)s::text)
RETURNING id
