-- A stretch of the chain in order, each link with the text of its row as it stands now (null: the row is gone).
-- in:    after bigint (number) · size int
-- out:   number, audit_id, previous, hash, text
-- index: audit_seal_number_key, audit_pkey
SELECT s.number, s.audit_id, s.previous, s.hash,
       CASE WHEN a.id IS NOT NULL THEN
         json_build_array(a.id, (extract(epoch FROM a.at) * 1000000)::bigint, a.actor, a.role, a.address, a.request_id, a.operation,
                          a.layer, a.object_id, a.steward_org, a.before::text, a.after::text, a.result)::text END AS text
FROM audit_seal s LEFT JOIN audit a ON a.id = s.audit_id
WHERE s.number > %(after)s
ORDER BY s.number
LIMIT %(size)s
