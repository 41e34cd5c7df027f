-- The audit, newest first.
-- in:    before bigint · size int
-- out:   id, at, actor, role, address, request_id, operation, layer, object_id, steward_org, result
-- index: audit_pkey
SELECT id, at, actor, role, address, request_id, operation, layer, object_id, steward_org, result FROM audit WHERE id < %(before)s ORDER BY id DESC LIMIT %(size)s
