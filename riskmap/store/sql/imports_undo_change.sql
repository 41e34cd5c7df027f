-- Put the batch's changed records back to the state before it, as a new version.
-- in:    batch bigint · now timestamptz
-- out:   rows written
-- index: feature_version_pkey
UPDATE feature f SET
  name = o.name, parent_id = o.parent_id, address = o.address, district_code = o.district_code, town_code = o.town_code, verified_on = o.verified_on,
  geom = CASE WHEN o.lon IS NOT NULL THEN ST_SetSRID(ST_MakePoint(o.lon, o.lat), 4326) END, cell = o.cell, level = o.level, effective_level = o.effective_level,
  missing = o.missing, status = o.status, attributes = o.attributes, search = o.search, version = f.version + 1, batch_id = %(batch)s, recorded_at = %(now)s
FROM feature_version v, feature_version b, jsonb_to_record(b."row") AS o(name text, parent_id bigint, address text, district_code text, town_code text, verified_on date,
     lon float8, lat float8, cell bigint, level smallint, effective_level smallint, missing text[], status text, attributes jsonb, search text)
WHERE v.batch_id = %(batch)s AND v.operation = 'change' AND f.id = v.feature_id AND b.feature_id = v.feature_id AND b.version = v.version - 1
