-- Plain columns of the records of a page, in its order (making JSON of them here took five times as long). Included by other statements.
-- in:    page (all of feature, sort_key) · {direction} · today date · facts true or null (hidden danger counts) · plain the opposite
-- out:   dates and attributes as text: they go on as JSON, and the attributes of a page are read in one pass
-- index: feature_pkey for the parent
SELECT p.id, ST_X(p.geom) AS lon, ST_Y(p.geom) AS lat, p.attributes::text AS attributes, p.sort_key::text AS sort_key,
%given(facts) d.open, d.major, d.overdue,
%given(plain) NULL, NULL, NULL,
       p.code, p.name, p.level, p.effective_level, p.district_code, p.town_code, p.address, p.status, p.missing,
       p.verified_on::text AS verified_on, p.parent_id, (SELECT name FROM feature q WHERE q.id = p.parent_id) AS parent_name, p.version, p.demo, p.steward_org
FROM page p
%given(facts) LEFT JOIN LATERAL (
%given(facts)   SELECT count(*) AS open, count(*) FILTER (WHERE h.grade = 'major') AS major,
%given(facts)          count(*) FILTER (WHERE h.deadline_on < %(today)s::date) AS overdue
%given(facts)   FROM hidden_danger_now h WHERE h.feature_id = p.id AND h.state NOT IN ('closed', 'withdrawn')
%given(facts) ) d ON true
ORDER BY p.sort_key {direction}, p.id {direction}
