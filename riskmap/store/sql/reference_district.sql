-- Take in a district: new, or replaced when its outline or census is another edition.
-- in:    code, name, name_en, zone text · population bigint · population_source text · area_km2 double · outline (GeoJSON text, WGS 84) ·
--        lon, lat double (label) · borders_version text
-- out:   nothing
-- index: district_pkey
INSERT INTO district AS d (code, name, name_en, zone, population, population_source, area_km2, geom, label_point, borders_version)
VALUES (%(code)s, %(name)s, %(name_en)s, %(zone)s, %(population)s, %(population_source)s, %(area_km2)s,
        ST_Multi(ST_SetSRID(ST_GeomFromGeoJSON(%(outline)s), 4326)), ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), %(borders_version)s)
ON CONFLICT (code) DO UPDATE
  SET name = excluded.name, name_en = excluded.name_en, zone = excluded.zone, population = excluded.population,
      population_source = excluded.population_source, area_km2 = excluded.area_km2, geom = excluded.geom,
      label_point = excluded.label_point, borders_version = excluded.borders_version
  WHERE (d.borders_version, d.population, d.name, d.zone) IS DISTINCT FROM (excluded.borders_version, excluded.population, excluded.name, excluded.zone)
