-- Find for every staged row that meets no record the nearest like one already in force: within a metre, or within soft_m with a similar
-- name whose numbering is the same (1 号罐 and 2 号罐 are two things).
-- in:    layer text · soft_m double
-- out:   rows written
-- index: feature_geom_idx (the layer is hidden from the planner as in imports_meet)
UPDATE staged s SET (beside, beside_m) = (
  SELECT n.id, n.distance_m FROM (
    SELECT f.id, ST_Distance(f.geom::geography, ST_SetSRID(ST_MakePoint(s.lon, s.lat), 4326)::geography) AS distance_m,
           s.name IS NOT NULL AND f.name IS NOT NULL AND similarity(f.name, s.name) >= 0.5
             AND regexp_replace(f.name, '[^0-9一二三四五六七八九十]', '', 'g') = regexp_replace(s.name, '[^0-9一二三四五六七八九十]', '', 'g')
             AND (s.parent IS NULL OR f.parent_id IS NULL OR s.parent = f.parent_id) AS alike
    FROM feature f
    WHERE f.geom && ST_Expand(ST_SetSRID(ST_MakePoint(s.lon, s.lat), 4326), %(soft_m)s / 80000.0)
      AND f.layer || '' = %(layer)s AND f.status <> 'retired') n
  WHERE n.distance_m <= 1 OR (n.alike AND n.distance_m <= %(soft_m)s)
  ORDER BY n.distance_m, n.id LIMIT 1)
WHERE s.met IS NULL AND s.target IS NULL AND s.lon IS NOT NULL
