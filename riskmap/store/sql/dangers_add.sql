-- Put a hidden danger on record; without a code it gets one of its own.
-- in:    feature_id bigint · code, title, grade, criterion, basis text · found_on date · actor text · now timestamptz
-- out:   id, steward_org
-- index: feature_pkey
INSERT INTO hidden_danger (feature_id, steward_org, code, title, grade, criterion, basis, found_on, actor, recorded_at)
SELECT f.id, f.steward_org, coalesce(%(code)s::text, 'YH-' || to_char(%(found_on)s::date, 'YYYYMMDD') || '-' || nextval('hidden_danger_number')),
       %(title)s::text, %(grade)s::text, %(criterion)s::text, %(basis)s::text, %(found_on)s::date, %(actor)s::text, %(now)s::timestamptz
FROM feature f WHERE f.id = %(feature_id)s::bigint
RETURNING id, steward_org
