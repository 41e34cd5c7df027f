-- Close the plan: count outcomes and take the hash that a commit must name.
-- in:    batch bigint · findings jsonb (about the whole file)
-- out:   counts jsonb, plan_hash text
-- index: import_row_pkey
WITH total AS (
  SELECT jsonb_object_agg(outcome, n) AS counts FROM (SELECT outcome, count(*) AS n FROM import_row WHERE batch_id = %(batch)s GROUP BY outcome) o
), digest AS (
  SELECT encode(sha256(convert_to(coalesce(string_agg(md5(row_no || outcome || coalesce(feature_id, 0) || coalesce(base_version, 0) || coalesce(change_id, 0) || coalesce(payload::text, '')), '' ORDER BY row_no), ''), 'UTF8')), 'hex') AS hash
  FROM import_row WHERE batch_id = %(batch)s
)
UPDATE import_batch b SET state = 'planned', counts = coalesce(total.counts, '{}'), plan_hash = digest.hash, findings = %(findings)s
FROM total, digest WHERE b.id = %(batch)s
RETURNING b.counts, b.plan_hash
