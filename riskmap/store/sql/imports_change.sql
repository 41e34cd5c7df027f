-- Commit the changed records of a plan.
-- in:    batch bigint · layer text · hazard_layers text[] · now timestamptz
-- out:   rows written
-- index: feature_pkey, never the layer's: rows of this transaction have no statistics yet and walking that index for each would be quadratic
UPDATE feature f SET
  name = p.name, parent_id = p.parent_id, address = p.address, district_code = p.district_code, town_code = p.town_code, verified_on = p.verified_on,
  geom = CASE WHEN p.lon IS NOT NULL THEN ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326) END, cell = p.cell,
  level = p.level,
  effective_level = least(p.level, app.level_above(p.parent_id, %(hazard_layers)s::text[])),
  missing = p.missing, status = CASE WHEN cardinality(p.missing) > 0 THEN 'incomplete' ELSE 'approved' END,
  attributes = p.attributes, search = lower(f.code) || ' ' || p.search, version = f.version + 1, batch_id = %(batch)s, recorded_at = %(now)s
FROM import_row r, jsonb_to_record(r.payload) AS p(code text, name text, parent_id bigint, address text, district_code text, town_code text, verified_on date,
     lon float8, lat float8, cell bigint, level smallint, missing text[], attributes jsonb, search text)
WHERE r.batch_id = %(batch)s AND r.change_id IS NULL AND r.base_version IS NOT NULL AND r.outcome IN ('changed', 'incomplete') AND f.id = r.feature_id AND f.layer || '' = %(layer)s
