-- Records of the batch that cannot be taken back: edited since, or something hangs on them.
-- in:    batch bigint
-- out:   feature_id, name, why (edited / hanging)
-- index: feature_version_batch_idx
SELECT v.feature_id, f.name, 'edited' AS why
FROM feature_version v LEFT JOIN feature f ON f.id = v.feature_id
WHERE v.batch_id = %(batch)s AND v.operation IN ('create', 'change') AND f.version IS DISTINCT FROM v.version
UNION ALL
SELECT f.id, f.name, 'hanging'
FROM feature f JOIN feature_version v ON v.feature_id = f.id AND v.batch_id = %(batch)s AND v.operation = 'create'
WHERE EXISTS (SELECT 1 FROM feature c WHERE c.parent_id = f.id) OR EXISTS (SELECT 1 FROM holding h WHERE h.feature_id = f.id)
   OR EXISTS (SELECT 1 FROM hidden_danger h WHERE h.feature_id = f.id) OR EXISTS (SELECT 1 FROM stock_batch h WHERE h.feature_id = f.id)
   OR EXISTS (SELECT 1 FROM feature_change h WHERE h.feature_id = f.id)
LIMIT 100
