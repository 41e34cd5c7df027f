-- Proposals, the one that waits longest first.
-- in:    as changes_where · clean bool? · after_at timestamptz?, after_id bigint? (keyset) · size int
-- out:   id, layer, kind, state, version, feature_id, name, code, parent_name, district_code, level_old, level, maker, checker, from_org, to_org, confirmed_by, steward_name, waiting_since, findings (how many)
-- index: feature_change_queue_idx
SELECT c.id, c.layer, c.kind, c.state, c.version, c.feature_id, c.maker, c.checker, c.from_org, c.to_org, c.confirmed_by, o.name AS steward_name,
       coalesce(c.payload -> 'record' ->> 'name', c.payload -> 'values' ->> 'name', f.name) AS name,
       coalesce(c.payload -> 'record' ->> 'code', f.code) AS code, p.name AS parent_name,
       coalesce(c.payload -> 'record' ->> 'district_code', f.district_code) AS district_code,
       f.level AS level_old, (c.payload -> 'record' ->> 'level')::smallint AS level,
       w.since AS waiting_since, jsonb_array_length(c.findings) AS findings
FROM feature_change c
CROSS JOIN LATERAL (SELECT CASE c.state WHEN 'submitted' THEN c.submitted_at WHEN 'confirmed' THEN c.confirmed_at WHEN 'draft' THEN c.edited_at WHEN 'withdrawn' THEN c.edited_at ELSE c.decided_at END AS since) w
JOIN org o ON o.id = c.steward_org
LEFT JOIN feature f ON f.id = c.feature_id
LEFT JOIN feature p ON p.id = (c.payload -> 'record' ->> 'parent_id')::bigint
WHERE
%include(changes_where)
%given(clean) AND (jsonb_array_length(c.findings) = 0) = %(clean)s::boolean
%given(after_id) AND (w.since, c.id) > (%(after_at)s::timestamptz, %(after_id)s::bigint)
ORDER BY w.since, c.id LIMIT %(size)s
