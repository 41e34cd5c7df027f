-- Districts with their outlines.
-- in:    nothing
-- out:   code, name, name_en, zone, population, area_km2, shape (WKB, WGS 84 degrees), lon, lat (label)
-- index: district_pkey
SELECT code, name, name_en, zone, population, population_source, area_km2, borders_version, ST_AsBinary(geom) AS shape, ST_X(label_point) AS lon, ST_Y(label_point) AS lat FROM district ORDER BY code
