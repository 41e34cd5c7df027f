-- Commit the new records of a plan. A row without a code gets the next number of its layer and district.
-- in:    batch bigint · layer text · prefix text · outcomes text[] (new, incomplete and, if accepted, duplicate) · demo bool · now timestamptz
-- out:   rows written
-- index: feature (code, layer, steward_org)
WITH fresh AS (
  SELECT r.row_no, r.steward_org, p.*, coalesce(p.district_code, '110000') AS place
  FROM import_row r, jsonb_to_record(r.payload) AS p(code text, name text, parent_id bigint, address text, district_code text, town_code text, verified_on date,
       lon float8, lat float8, cell bigint, level smallint, missing text[], attributes jsonb, search text)
  WHERE r.batch_id = %(batch)s AND r.base_version IS NULL AND r.outcome = ANY (%(outcomes)s::text[])
), last AS (
  SELECT place, coalesce((SELECT max(substring(f.code FROM '[0-9]{6}$')::int) FROM feature_version v JOIN LATERAL (SELECT v."row" ->> 'code' AS code) f ON true
                          WHERE v.layer = %(layer)s AND f.code ~ ('^' || %(prefix)s || '-' || place || '-[0-9]{6}$')), 0) AS number
  FROM (SELECT DISTINCT place FROM fresh WHERE code IS NULL) d
), numbered AS (
  SELECT f.*, coalesce(f.code, %(prefix)s || '-' || f.place || '-' || lpad((l.number + row_number() OVER (PARTITION BY f.place, f.code IS NULL ORDER BY f.row_no))::text, 6, '0')) AS full_code
  FROM fresh f LEFT JOIN last l ON l.place = f.place
)
INSERT INTO feature (layer, code, name, parent_id, steward_org, district_code, town_code, address, level, effective_level, geom, cell, status, missing, verified_on,
                     attributes, search, demo, version, batch_id, recorded_at)
SELECT %(layer)s, n.full_code, n.name, n.parent_id, n.steward_org, n.district_code, n.town_code, n.address, n.level,
       least(n.level, (SELECT q.effective_level FROM feature q WHERE q.id = n.parent_id AND q.layer = ANY (%(hazard_layers)s::text[]))),
       CASE WHEN n.lon IS NOT NULL THEN ST_SetSRID(ST_MakePoint(n.lon, n.lat), 4326) END, n.cell,
       CASE WHEN cardinality(n.missing) > 0 THEN 'incomplete' ELSE 'approved' END, n.missing, n.verified_on, n.attributes,
       lower(n.full_code) || ' ' || n.search, %(demo)s, 1, %(batch)s, %(now)s
FROM numbered n ORDER BY n.row_no
