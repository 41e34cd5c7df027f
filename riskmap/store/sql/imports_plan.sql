-- Decide for every staged row what it would do, and keep that as the plan. Writes nothing in force.
-- in:    batch bigint · steward int? (forced owner) · city int (owner of what has no district) · required text[] · texts jsonb (code → {reason, remedy})
-- out:   rows written
-- index: feature_pkey
INSERT INTO import_row (batch_id, row_no, steward_org, outcome, feature_id, base_version, payload, difference, findings, raw)
WITH merged AS (
  SELECT s.row_no, s.refused, s.twin_kind, s.raw, s.findings, s.parent_code, f.id AS feature_id, f.version AS base_version, f.status AS old_status,
         s.beside AS twin_id, CASE WHEN s.beside_m <= 1 THEN 'duplicate-exact' WHEN s.beside IS NOT NULL THEN 'duplicate-soft' END AS db_twin,
         s.beside_m AS distance_m, s.parent AS found_parent,
         coalesce(s.code, f.code) AS code,
         CASE WHEN 'name' = ANY (s.clears) THEN s.name ELSE coalesce(s.name, f.name) END AS name,
         CASE WHEN 'parent_code' = ANY (s.clears) AND s.parent_code IS NULL THEN NULL ELSE coalesce(s.parent, f.parent_id) END AS parent_id,
         CASE WHEN 'address' = ANY (s.clears) THEN s.address ELSE coalesce(s.address, f.address) END AS address,
         CASE WHEN s.lon IS NOT NULL THEN s.district_code ELSE coalesce(f.district_code, s.stated_district) END AS district_code,
         coalesce(s.town_code, f.town_code) AS town_code,
         CASE WHEN 'verified_on' = ANY (s.clears) THEN s.verified_on ELSE coalesce(s.verified_on, f.verified_on) END AS verified_on,
         coalesce(s.lon, ST_X(f.geom)) AS lon, coalesce(s.lat, ST_Y(f.geom)) AS lat, coalesce(s.cell, f.cell) AS cell,
         coalesce(s.level, f.level) AS level,
         coalesce(s.level, f.level) IS DISTINCT FROM f.level AS level_moved,
         -- a forced owner keeps a record wherever it stands; that it stands outside his own area is told when it comes to stand there
         f.district_code AS old_district, f.town_code AS old_town, u.name AS unit_name, u.district_code AS unit_district,
         CASE WHEN u.kind = 'street' THEN u.code END AS unit_town,
         (coalesce(f.attributes, '{}') - coalesce(s.clears, '{}')) || s.attributes AS attributes,
         s.search AS new_search, s.missing AS new_missing,
         CASE WHEN f.id IS NOT NULL THEN jsonb_strip_nulls(jsonb_build_object('name', f.name, 'parent_id', f.parent_id, 'address', f.address, 'town', f.town_code,
           'verified_on', f.verified_on, 'lon', round(ST_X(f.geom)::numeric, 7), 'lat', round(ST_Y(f.geom)::numeric, 7), 'level', f.level)) || f.attributes END AS old,
         coalesce(%(steward)s::int, f.steward_org, o.id, %(city)s) AS steward_org
  FROM staged s
  LEFT JOIN feature f ON f.id = s.met
  LEFT JOIN org o ON o.kind = 'district' AND o.district_code = coalesce(s.stated_district, s.district_code)
  LEFT JOIN org u ON u.id = %(steward)s::int
), judged AS (
  SELECT m.*,
         -- required fields still absent after the merge with what is in force
         ARRAY(SELECT r FROM unnest(%(required)s::text[]) r
               WHERE CASE r WHEN 'name' THEN m.name IS NULL WHEN 'address' THEN m.address IS NULL WHEN 'verified_on' THEN m.verified_on IS NULL
                            WHEN 'parent_code' THEN m.parent_id IS NULL WHEN 'district' THEN m.district_code IS NULL WHEN 'town' THEN m.town_code IS NULL
                            WHEN 'code' THEN false WHEN 'lon' THEN m.lon IS NULL WHEN 'lat' THEN m.lat IS NULL
                            ELSE m.attributes -> r IS NULL END)
         || CASE WHEN m.parent_code IS NOT NULL AND m.found_parent IS NULL THEN ARRAY['parent_code'] ELSE '{}' END AS missing,
         jsonb_strip_nulls(jsonb_build_object('name', m.name, 'parent_id', m.parent_id, 'address', m.address, 'town', m.town_code, 'verified_on', m.verified_on,
           'lon', round(m.lon::numeric, 7), 'lat', round(m.lat::numeric, 7), 'level', m.level)) || m.attributes AS new
  FROM merged m
), compared AS (
  SELECT j.*,
         CASE WHEN j.feature_id IS NOT NULL THEN (
           SELECT jsonb_object_agg(k, jsonb_build_array(j.old -> k, j.new -> k))
           FROM (SELECT jsonb_object_keys(j.old || j.new) AS k) keys WHERE j.old -> k IS DISTINCT FROM j.new -> k) END AS difference
  FROM judged j
)
SELECT %(batch)s, c.row_no, c.steward_org,
       CASE WHEN c.refused OR c.twin_kind = 'duplicate-code' THEN 'refused'
            WHEN c.feature_id IS NULL AND (c.twin_kind IS NOT NULL OR c.db_twin IS NOT NULL) THEN 'duplicate'
            WHEN c.feature_id IS NOT NULL AND c.difference IS NULL AND c.old_status <> 'retired' THEN 'unchanged'
            WHEN cardinality(c.missing) > 0 THEN 'incomplete'
            WHEN c.feature_id IS NOT NULL THEN 'changed' ELSE 'new' END,
       coalesce(c.feature_id, c.twin_id), c.base_version,
       CASE WHEN NOT c.refused THEN jsonb_build_object('code', c.code, 'name', c.name, 'parent_id', c.parent_id, 'address', c.address, 'district_code', c.district_code,
         'town_code', c.town_code, 'verified_on', c.verified_on, 'lon', c.lon, 'lat', c.lat, 'cell', c.cell, 'level', c.level, 'missing', to_jsonb(c.missing),
         'attributes', c.attributes, 'search', c.new_search, 'steward_org', c.steward_org) END,
       c.difference,
       c.findings
         || CASE WHEN c.parent_code IS NOT NULL AND c.found_parent IS NULL THEN jsonb_build_array(jsonb_build_object('row', c.row_no, 'column', '', 'field', 'parent_code',
              'value', c.parent_code, 'code', 'parent-unknown', 'severity', 'incomplete') || (%(texts)s::jsonb -> 'parent-unknown')) ELSE '[]' END
         || CASE WHEN c.feature_id IS NULL AND c.db_twin IS NOT NULL THEN jsonb_build_array(jsonb_build_object('row', c.row_no, 'column', '', 'field', 'lon',
              'value', round(c.distance_m::numeric, 1) || ' m', 'code', c.db_twin, 'severity', 'warn', 'proposal', jsonb_build_object('feature_id', c.twin_id)) || (%(texts)s::jsonb -> c.db_twin)) ELSE '[]' END
         || CASE WHEN (c.district_code <> c.unit_district OR c.town_code <> c.unit_town)
                  AND (c.feature_id IS NULL OR c.district_code IS DISTINCT FROM c.old_district OR (c.unit_town IS NOT NULL AND c.town_code IS DISTINCT FROM c.old_town))
              THEN jsonb_build_array(jsonb_build_object('row', c.row_no, 'column', '', 'field', 'district', 'value', c.unit_name, 'code', 'outside-unit', 'proposal', NULL,
              'severity', 'warn') || (%(texts)s::jsonb -> 'outside-unit')) ELSE '[]' END,
       c.raw
FROM compared c
