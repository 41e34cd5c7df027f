-- Rows with a doubt leave the plan: each becomes a proposal of its own, still a draft.
-- in:    batch bigint · layer text · outcomes text[] · note text · maker text · now timestamptz
-- out:   rows written
-- index: import_row_pkey
WITH doubtful AS (
  SELECT r.*, p.*, parent.code AS parent_code FROM import_row r
  CROSS JOIN LATERAL jsonb_to_record(r.payload) AS p(code text, name text, parent_id bigint, address text, district_code text, town_code text, verified_on text,
             lon float8, lat float8, attributes jsonb)
  LEFT JOIN feature parent ON parent.id = p.parent_id
  WHERE r.batch_id = %(batch)s AND r.change_id IS NULL AND r.payload IS NOT NULL AND r.outcome = ANY (%(outcomes)s::text[])
    AND r.findings @> '[{"severity": "warn"}]'
), said AS (
  SELECT d.*, jsonb_build_object('name', d.name, 'parent_code', d.parent_code, 'address', d.address, 'town', d.town_code, 'verified_on', d.verified_on,
                                 'lon', d.payload -> 'lon', 'lat', d.payload -> 'lat') AS common
  FROM doubtful d
), begun AS (
  INSERT INTO feature_change (layer, kind, feature_id, base_version, steward_org, payload, findings, state, maker, batch_id, created_at, edited_at)
  SELECT %(layer)s, CASE WHEN s.base_version IS NULL THEN 'create' ELSE 'change' END, CASE WHEN s.base_version IS NOT NULL THEN s.feature_id END, s.base_version,
         s.steward_org,
         jsonb_build_object(
           'values', CASE WHEN s.base_version IS NULL THEN jsonb_strip_nulls(s.common || jsonb_build_object('code', s.code, 'district', s.district_code)) || s.attributes
                          ELSE (SELECT coalesce(jsonb_object_agg(k.name, coalesce(s.attributes -> k.name, s.common -> k.name, 'null')), '{}')
                                FROM (SELECT CASE e WHEN 'parent_id' THEN 'parent_code' ELSE e END AS name FROM jsonb_object_keys(s.difference) e WHERE e <> 'level') k) END,
           'record', s.payload - 'search', 'difference', coalesce(s.difference, '{}'), 'note', %(note)s::text, 'row', s.row_no),
         s.findings, 'draft', %(maker)s, %(batch)s, %(now)s, %(now)s
  FROM said s
  RETURNING id, (payload ->> 'row')::int AS row_no
)
UPDATE import_row r SET change_id = b.id FROM begun b WHERE r.batch_id = %(batch)s AND r.row_no = b.row_no
