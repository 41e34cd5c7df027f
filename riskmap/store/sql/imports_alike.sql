-- The nearest record of a layer like a new one `w` (lon, lat, name, parent, box): within a metre, or within soft_m with a similar name whose
-- numbering is the same (1 号罐 and 2 号罐 are two things).
-- in:    w · layer text · soft_m double
-- index: feature_geom_idx (the layer is hidden from the planner as in imports_meet)
  SELECT c.id, c.distance_m FROM (
    SELECT f.id, ST_Distance(f.geom::geography, ST_SetSRID(ST_MakePoint(w.lon, w.lat), 4326)::geography) AS distance_m,
           w.name IS NOT NULL AND f.name IS NOT NULL AND similarity(f.name, w.name) >= 0.5
             AND regexp_replace(f.name, '[^0-9一二三四五六七八九十]', '', 'g') = regexp_replace(w.name, '[^0-9一二三四五六七八九十]', '', 'g')
             AND (w.parent IS NULL OR f.parent_id IS NULL OR w.parent = f.parent_id) AS alike
    FROM feature f
    WHERE f.geom && w.box AND f.layer || '' = %(layer)s AND f.status <> 'retired') c
  WHERE c.distance_m <= 1 OR (c.alike AND c.distance_m <= %(soft_m)s)
  ORDER BY c.distance_m, c.id LIMIT 1
