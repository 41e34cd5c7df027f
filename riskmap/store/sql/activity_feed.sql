-- What happened lately in what the reader sees, the latest first. Each branch reads its own newest rows, the wall leaves out the others'.
-- in:    before timestamptz · size int
-- out:   at timestamptz, kind (change danger confirm inspection violation file shelter stock), what text, actor, layer, name, id bigint (of the thing), n int
-- index: the primary keys, read from their end; confirmation_time_idx, inspection_time_idx, violation_time_idx
SELECT * FROM (
  (SELECT e.recorded_at AS at, 'change' AS kind, c.kind || '.' || e.to_state AS what, e.actor, c.layer,
          coalesce(c.payload -> 'record' ->> 'name', c.payload -> 'values' ->> 'name', f.name) AS name, c.id, 1 AS n
   FROM feature_change_event e JOIN feature_change c ON c.id = e.change_id LEFT JOIN feature f ON f.id = c.feature_id
   WHERE e.to_state <> 'draft' AND e.recorded_at < %(before)s::timestamptz ORDER BY e.id DESC LIMIT %(size)s::int)
  UNION ALL
  (SELECT e.recorded_at, 'danger', e.move, e.actor, NULL, d.title, d.id, 1
   FROM hidden_danger_event e JOIN hidden_danger d ON d.id = e.danger_id
   WHERE e.move <> 'import' AND e.recorded_at < %(before)s::timestamptz ORDER BY e.id DESC LIMIT %(size)s::int)
  UNION ALL
  (SELECT c.recorded_at, 'confirm', CASE WHEN count(c.undone_at) = count(*) THEN 'undone' ELSE 'done' END, min(c.actor), min(c.layer), min(f.name), min(c.feature_id), count(*)::int
   FROM confirmation c JOIN feature f ON f.id = c.feature_id
   WHERE c.recorded_at < %(before)s::timestamptz GROUP BY c.sitting, c.recorded_at ORDER BY c.recorded_at DESC LIMIT %(size)s::int)
  UNION ALL
  (SELECT i.recorded_at, 'inspection', i.result, i.actor, f.layer, f.name, i.feature_id, 1 FROM inspection i JOIN feature f ON f.id = i.feature_id
   WHERE i.recorded_at < %(before)s::timestamptz ORDER BY i.recorded_at DESC LIMIT %(size)s::int)
  UNION ALL
  (SELECT v.recorded_at, 'violation', v.measure, v.actor, f.layer, v.fact, v.feature_id, 1 FROM violation v JOIN feature f ON f.id = v.feature_id
   WHERE v.recorded_at < %(before)s::timestamptz ORDER BY v.recorded_at DESC LIMIT %(size)s::int)
  UNION ALL
  (SELECT coalesce(b.undone_at, b.committed_at), 'file', b.state, coalesce(b.undone_by, b.checker, b.actor), b.layer, b.file_name, b.id, coalesce((b.counts ->> 'new')::int, 0) + coalesce((b.counts ->> 'changed')::int, 0)
   FROM import_batch b WHERE b.state IN ('committed', 'undone') AND b.file_name <> '(form)' AND coalesce(b.undone_at, b.committed_at) < %(before)s::timestamptz ORDER BY b.id DESC LIMIT %(size)s::int)
  UNION ALL
  (SELECT s.recorded_at, 'shelter', s.state, s.actor, 'shelter', f.name, s.feature_id, 1 FROM shelter_state s JOIN feature f ON f.id = s.feature_id
   WHERE s.recorded_at < %(before)s::timestamptz ORDER BY s.id DESC LIMIT %(size)s::int)
  UNION ALL
  (SELECT d.recorded_at, 'stock', d.kind, d.maker, 'depot', f.name, d.feature_id, 1 FROM stock_document d JOIN feature f ON f.id = d.feature_id
   WHERE d.state <> 'draft' AND d.recorded_at < %(before)s::timestamptz ORDER BY d.id DESC LIMIT %(size)s::int)
) x ORDER BY x.at DESC, x.kind, x.id LIMIT %(size)s::int
