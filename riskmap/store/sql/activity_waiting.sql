-- What waits for who asks, as far as the wall shows it: one row a kind of work there is some of.
-- in:    actor text · decides, moves, approves bool (what the role may) · orgs int[] (for whom the asker speaks) · today date
-- out:   key (returned returned_files review take files stock incoming overdue), n int, since timestamptz or null
-- index: feature_change_maker_idx, feature_change_queue_idx, feature_change_to_idx, import_batch_queue_idx, import_batch_maker_idx, hidden_danger_event_danger_idx
SELECT w.key, w.n::int AS n, w.since FROM (
  SELECT 'returned' AS key, count(*) AS n, min(c.decided_at) AS since FROM feature_change c WHERE c.state = 'returned' AND c.maker = %(actor)s::text
  UNION ALL
  SELECT 'returned_files', count(*), min(b.decided_at) FROM import_batch b WHERE b.state = 'returned' AND b.actor = %(actor)s::text
  UNION ALL
  SELECT 'review', count(*), min(c.submitted_at) FROM feature_change c
  WHERE %(decides)s::bool AND c.state = 'submitted' AND c.maker <> %(actor)s::text AND (c.kind <> 'transfer' OR c.from_org = ANY (%(orgs)s::int[]))
  UNION ALL
  SELECT 'take', count(*), min(c.confirmed_at) FROM feature_change c
  WHERE %(decides)s::bool AND c.state = 'confirmed' AND c.maker <> %(actor)s::text AND c.confirmed_by <> %(actor)s::text AND c.to_org = ANY (%(orgs)s::int[])
  UNION ALL
  SELECT 'files', count(*), min(b.submitted_at) FROM import_batch b
  WHERE %(decides)s::bool AND b.state = 'submitted' AND b.actor <> %(actor)s::text AND b.file_name <> '(form)'
  UNION ALL
  SELECT 'stock', count(*), min(d.recorded_at) FROM stock_document d WHERE %(approves)s::bool AND d.state = 'waiting' AND d.maker <> %(actor)s::text
  UNION ALL
  SELECT 'incoming', count(*), min(d.recorded_at) FROM stock_document d WHERE %(moves)s::bool AND d.state = 'sent' AND d.to_org = ANY (%(orgs)s::int[])
  UNION ALL
  SELECT 'overdue', count(*), NULL FROM hidden_danger_now h WHERE h.state NOT IN ('closed', 'withdrawn') AND h.deadline_on < %(today)s::date
) w WHERE w.n > 0
