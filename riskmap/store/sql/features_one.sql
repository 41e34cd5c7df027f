-- One record with all it carries; nothing where it is absent or not the reader's.
-- in:    layer text · id bigint · today date
-- out:   the record's columns, lon, lat, parent_*, steward_name, dangers/holdings/stock/children/links/history as JSON
-- index: feature_pkey, feature_merged_idx, feature_split_idx
SELECT f.id, f.layer, f.code, f.name, f.level, f.effective_level, f.district_code, d.name AS district_name, f.town_code, t.name AS town_name,
       f.address, f.status, f.missing, f.verified_on, f.version, f.demo, f.attributes, f.recorded_at, f.batch_id,
       ST_X(f.geom) AS lon, ST_Y(f.geom) AS lat, f.cell,
       f.parent_id, p.name AS parent_name, p.layer AS parent_layer, p.code AS parent_code,
       f.steward_org, o.name AS steward_name,
       (SELECT coalesce(jsonb_agg(to_jsonb(x) - 'steward_org' ORDER BY (x.state IN ('closed', 'withdrawn')), x.deadline_on), '[]') FROM
          (SELECT h.*, h.state NOT IN ('closed', 'withdrawn') AND h.deadline_on < %(today)s::date AS overdue FROM hidden_danger_now h WHERE h.feature_id = f.id) x) AS dangers,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('id', h.id, 'chemical', h.chemical, 'cas', h.cas, 'class_symbol', h.class_symbol, 'quantity_t', h.quantity_t, 'design_max_t', h.design_max_t) ORDER BY h.id), '[]')
          FROM holding h WHERE h.feature_id = f.id AND NOT h.withdrawn AND NOT EXISTS (SELECT 1 FROM holding n WHERE n.supersedes = h.id)) AS holdings,
       (SELECT coalesce(jsonb_agg(to_jsonb(s) - 'steward_org' || jsonb_build_object('expired', s.expires_on < %(today)s::date) ORDER BY s.supply_code, s.expires_on), '[]') FROM stock_now s WHERE s.feature_id = f.id) AS stock,
       (SELECT coalesce(jsonb_object_agg(layer, n), '{}') FROM (SELECT layer, count(*) AS n FROM feature c WHERE c.parent_id = f.id AND c.status <> 'retired' GROUP BY layer) c) AS children,
       -- what it became and what it came of, both ways, as far as the reader sees it
       (SELECT coalesce(jsonb_agg(jsonb_build_object('how', l.how, 'layer', r.layer, 'id', r.id, 'code', r.code, 'name', r.name, 'status', r.status) ORDER BY l.how, r.id), '[]')
          FROM (SELECT 'merged_into' AS how, f.merged_into AS id WHERE f.merged_into IS NOT NULL UNION ALL SELECT 'split_from', f.split_from WHERE f.split_from IS NOT NULL
                UNION ALL SELECT 'merged', m.id FROM feature m WHERE m.merged_into = f.id UNION ALL SELECT 'split_into', s.id FROM feature s WHERE s.split_from = f.id) l
          JOIN feature r ON r.id = l.id) AS links,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('version', v.version, 'operation', v.operation, 'actor', v.actor, 'recorded_at', v.recorded_at, 'row', v.row) ORDER BY v.version DESC), '[]')
          FROM (SELECT * FROM feature_version v WHERE v.feature_id = f.id ORDER BY v.version DESC LIMIT 50) v) AS history
FROM feature f
LEFT JOIN feature p ON p.id = f.parent_id
LEFT JOIN district d ON d.code = f.district_code
LEFT JOIN town t ON t.code = f.town_code
JOIN org o ON o.id = f.steward_org
WHERE f.layer = %(layer)s AND f.id = %(id)s
