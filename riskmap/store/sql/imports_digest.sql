-- The hash of a plan as its rows stand now.
-- in:    batch bigint
-- out:   plan_hash
-- index: import_row_pkey
SELECT encode(sha256(convert_to(coalesce(string_agg(md5(row_no || outcome || coalesce(feature_id, 0) || coalesce(base_version, 0) || coalesce(change_id, 0) || coalesce(payload::text, '')), '' ORDER BY row_no), ''), 'UTF8')), 'hex') AS plan_hash
FROM import_row WHERE batch_id = %(batch)s
