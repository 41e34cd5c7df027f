-- Districts with their current grade; ungraded ones with nulls.
-- in:    nothing
-- out:   code, name, name_en, zone, population, population_source, area_km2, lon, lat, d_micro, t_micro, computed, shown, confidence, detail, run_id
-- index: district is 16 rows
SELECT d.code, d.name, d.name_en, d.zone, d.population, d.population_source, d.area_km2, ST_X(d.label_point) AS lon, ST_Y(d.label_point) AS lat,
       g.d_micro, g.t_micro, g.computed, g.shown, g.confidence, coalesce(g.detail, '{}') AS detail, g.run_id
FROM district d LEFT JOIN district_grade g ON g.district_code = d.code ORDER BY d.code
