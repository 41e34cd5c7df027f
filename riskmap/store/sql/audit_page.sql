-- The audit, newest first, as it is asked for: who, what, with which result, when, on which record.
-- in:    before bigint (id) · size int · actor, operation, result, layer text? · object_id bigint? · since, until timestamptz?
-- out:   id, at, actor, role, address, request_id, operation, layer, object_id, steward_org, before, after, result
-- index: audit_pkey, audit_actor_idx, audit_operation_idx, audit_at_idx, audit_object_idx
SELECT id, at, actor, role, address, request_id, operation, layer, object_id, steward_org, before, after, result
FROM audit
WHERE id < %(before)s::bigint
%given(actor) AND actor = %(actor)s::text
%given(operation) AND operation = %(operation)s::text
%given(result) AND result = %(result)s::text
%given(layer) AND layer = %(layer)s::text
%given(object_id) AND object_id = %(object_id)s::bigint
%given(since) AND at >= %(since)s::timestamptz
%given(until) AND at < %(until)s::timestamptz
ORDER BY id DESC
LIMIT %(size)s::int
