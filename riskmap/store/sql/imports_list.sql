-- Batches the reader sees, the latest first: one's own, or those that wait for a decision.
-- in:    maker text? · waiting bool? (handed in, or asked to be taken back) · before bigint? · size int
-- out:   id, layer, actor, file_name, state, counts, plan_hash, note, reason, checker, times, split (proposals split off), steward_name
-- index: import_batch_maker_idx, import_batch_queue_idx
SELECT b.id, b.layer, b.actor, b.file_name, b.state, b.counts, b.plan_hash, b.note, b.reason, b.checker, b.undo_reason, b.undo_asked_at, b.created_at, b.submitted_at,
       b.decided_at, b.committed_at, b.undone_at, o.name AS steward_name
FROM import_batch b JOIN org o ON o.id = b.steward_org
WHERE (%(maker)s::text IS NULL OR b.actor = %(maker)s)
%given(waiting) AND (b.state = 'submitted' OR (b.state = 'committed' AND b.undo_asked_at IS NOT NULL))
  AND (%(before)s::bigint IS NULL OR b.id < %(before)s) AND b.file_name <> '(form)' AND b.plan_hash IS NOT NULL
ORDER BY b.id DESC LIMIT %(size)s
