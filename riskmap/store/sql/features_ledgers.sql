-- The ledgers in numbers, for the page's head.
-- in:    today date
-- out:   dangers_open, dangers_major, dangers_overdue, dangers_all, pieces numeric, holdings bigint
-- index: none (small tables)
SELECT (SELECT count(*) FROM hidden_danger) AS dangers_all,
       d.open AS dangers_open, d.major AS dangers_major, d.overdue AS dangers_overdue,
       (SELECT coalesce(sum(quantity), 0)::bigint FROM stock_movement) AS pieces,
       (SELECT count(*) FROM holding h WHERE NOT h.withdrawn AND NOT EXISTS (SELECT 1 FROM holding n WHERE n.supersedes = h.id)) AS holdings
FROM (SELECT count(*) AS open, count(*) FILTER (WHERE grade = 'major') AS major, count(*) FILTER (WHERE deadline_on < %(today)s::date) AS overdue
      FROM hidden_danger_now WHERE state NOT IN ('closed', 'withdrawn')) d
