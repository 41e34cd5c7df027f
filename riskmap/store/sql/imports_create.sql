-- Commit the new records of a plan: those with a code first, then those that get the next one of their district, so that none is given twice.
-- in:    batch bigint · layer text · prefix text · coded bool · outcomes text[] (new, incomplete and, if accepted, duplicate) · split_from bigint? ·
--        hazard_layers text[] · demo bool · now timestamptz
-- out:   rows written
-- index: feature (code, layer, steward_org), in app.next_code
INSERT INTO feature (layer, code, name, parent_id, steward_org, district_code, town_code, address, level, effective_level, geom, cell, status, missing, verified_on,
                     attributes, search, demo, version, batch_id, split_from, recorded_at)
SELECT %(layer)s, n.full_code, n.name, n.parent_id, n.steward_org, n.district_code, n.town_code, n.address, n.level,
       least(n.level, app.level_above(n.parent_id, %(hazard_layers)s::text[])),
       CASE WHEN n.lon IS NOT NULL THEN ST_SetSRID(ST_MakePoint(n.lon, n.lat), 4326) END, n.cell,
       CASE WHEN cardinality(n.missing) > 0 THEN 'incomplete' ELSE 'approved' END, n.missing, n.verified_on, n.attributes,
       lower(n.full_code) || ' ' || n.search, %(demo)s, 1, %(batch)s, %(split_from)s::bigint, %(now)s
FROM (
  SELECT w.*, coalesce(w.code, app.next_code(%(prefix)s, coalesce(w.district_code, '110000'))) AS full_code
  FROM (
    SELECT r.row_no, r.steward_org, p.*
    FROM import_row r, jsonb_to_record(r.payload) AS p(code text, name text, parent_id bigint, address text, district_code text, town_code text, verified_on date,
         lon float8, lat float8, cell bigint, level smallint, missing text[], attributes jsonb, search text)
    WHERE r.batch_id = %(batch)s AND r.change_id IS NULL AND r.base_version IS NULL AND r.outcome = ANY (%(outcomes)s::text[]) AND (p.code IS NOT NULL) = %(coded)s::boolean
    ORDER BY r.row_no OFFSET 0) w
  OFFSET 0) n
ORDER BY n.row_no
