-- Plain columns of the records of a page, in its order (making JSON of them here took five times as long). Included by other statements.
-- in:    page (all of feature, sort_key) · {direction} · today date · facts bool (hidden danger counts)
-- index: feature_pkey for the parent
SELECT p.id, p.code, p.name, p.level, p.effective_level, p.district_code, p.town_code, p.address, p.status, p.missing, p.verified_on,
       p.parent_id, (SELECT name FROM feature q WHERE q.id = p.parent_id) AS parent_name, p.version, p.demo,
       ST_X(p.geom) AS lon, ST_Y(p.geom) AS lat, p.attributes, d.open, d.major, d.overdue, p.sort_key::text AS sort_key
FROM page p
LEFT JOIN LATERAL (
  SELECT count(*) AS open, count(*) FILTER (WHERE h.grade = 'major') AS major,
         count(*) FILTER (WHERE h.deadline_on < %(today)s::date) AS overdue
  FROM hidden_danger_now h WHERE h.feature_id = p.id AND h.state NOT IN ('closed', 'withdrawn')
) d ON %(facts)s
ORDER BY p.sort_key {direction}, p.id {direction}
