-- Write what was done, in the transaction that does it. Gives nothing back: most who write the audit may not read it.
-- in:    actor, role, operation text · layer text? · object_id bigint? · steward_org int? · before, after jsonb? · result text
-- out:   nothing
-- index: none
INSERT INTO audit (actor, role, address, request_id, operation, layer, object_id, steward_org, before, after, result)
VALUES (%(actor)s, %(role)s, nullif(current_setting('app.address', true), ''), nullif(current_setting('app.request_id', true), ''), %(operation)s, %(layer)s,
        %(object_id)s, %(steward_org)s, %(before)s, %(after)s, %(result)s)
