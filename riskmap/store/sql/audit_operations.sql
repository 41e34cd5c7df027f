-- The operations that stand in the audit, each once: from one entry of the index to the next.
-- in:    nothing
-- out:   operation text
-- index: audit_operation_idx
WITH RECURSIVE known AS (
  (SELECT operation FROM audit ORDER BY operation LIMIT 1)
  UNION ALL
  SELECT (SELECT a.operation FROM audit a WHERE a.operation > k.operation ORDER BY a.operation LIMIT 1) FROM known k WHERE k.operation IS NOT NULL
)
SELECT operation FROM known WHERE operation IS NOT NULL
