-- Audit rows that have no place in the chain yet, each with the text its hash is made of.
-- in:    since bigint (look only at rows above this id) · size int
-- out:   id, text
-- index: audit_pkey, audit_seal_pkey
SELECT a.id, json_build_array(a.id, (extract(epoch FROM a.at) * 1000000)::bigint, a.actor, a.role, a.address, a.request_id, a.operation,
                              a.layer, a.object_id, a.steward_org, a.before::text, a.after::text, a.result)::text AS text
FROM audit a
WHERE a.id > %(since)s AND NOT EXISTS (SELECT 1 FROM audit_seal s WHERE s.audit_id = a.id)
ORDER BY a.id
LIMIT %(size)s
