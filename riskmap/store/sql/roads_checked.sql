-- Whether ways touch a zone, looked at anew by exact geometry: where they meet it first, and how much of them lies inside.
-- in:    zone bytea (WKB) · ways bytea[] (WKB LineStrings), WGS 84 degrees
-- out:   number (from 1), crosses bool, lon, lat (where it first meets the zone, null: nowhere), inside_m, at_m (metres from its beginning)
-- index: none
WITH zone AS MATERIALIZED (SELECT ST_GeomFromWKB(%(zone)s::bytea, 4326) AS shape),
way AS (SELECT w.number, ST_GeomFromWKB(w.wkb, 4326) AS line FROM unnest(%(ways)s::bytea[]) WITH ORDINALITY AS w(wkb, number)),
met AS (SELECT w.number, w.line, ST_Intersects(w.line, z.shape) AS crosses, CASE WHEN ST_Intersects(w.line, z.shape) THEN ST_Intersection(w.line, z.shape) END AS part
        FROM way w CROSS JOIN zone z),
first AS (SELECT m.*, (SELECT min(ST_LineLocatePoint(m.line, p.geom)) FROM ST_DumpPoints(m.part) p) AS share FROM met m)
SELECT number, crosses, ST_X(ST_LineInterpolatePoint(line, share)) AS lon, ST_Y(ST_LineInterpolatePoint(line, share)) AS lat,
       ST_Length(part::geography) AS inside_m, ST_Length(ST_LineSubstring(line, 0, share)::geography) AS at_m
FROM first ORDER BY number
