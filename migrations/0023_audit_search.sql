-- The audit is asked by who, by what and by when, newest first.

CREATE INDEX audit_actor_idx     ON audit (actor, id);
CREATE INDEX audit_operation_idx ON audit (operation, id);
CREATE INDEX audit_at_idx        ON audit (at);
