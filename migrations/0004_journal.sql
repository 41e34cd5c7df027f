-- Audit, events and idempotency: what makes a change accountable, visible and repeatable.

CREATE TABLE audit (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at           timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor        text NOT NULL,
  role         text NOT NULL,
  address      text,
  request_id   text,
  operation    text NOT NULL,
  layer        text,
  object_id    bigint,
  steward_org  int REFERENCES org,
  before       jsonb,
  after        jsonb,
  result       text NOT NULL DEFAULT 'done'
);
CREATE INDEX audit_object_idx ON audit (layer, object_id);
CREATE TRIGGER audit_append BEFORE UPDATE OR DELETE ON audit FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();

-- The hash chain over audit, written by one sealer after the fact so that writers never wait for each other.
CREATE TABLE audit_seal (
  audit_id     bigint PRIMARY KEY REFERENCES audit,
  number       bigint NOT NULL UNIQUE,                -- place in the chain, 1, 2, 3 … without gap
  previous     text NOT NULL,
  hash         text NOT NULL,
  sealed_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER audit_seal_append BEFORE UPDATE OR DELETE ON audit_seal FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();

-- What live screens and the engine follow; id is the Last-Event-ID.
CREATE TABLE event (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at           timestamptz NOT NULL DEFAULT clock_timestamp(),
  kind         text NOT NULL,                         -- features.changed, ledger.changed, grades.changed …
  layer        text,
  steward_org  int REFERENCES org,
  payload      jsonb NOT NULL DEFAULT '{}'            -- {"ids": […]} or {"batch": n}
);
CREATE TRIGGER event_append BEFORE UPDATE OR DELETE ON event FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();
CREATE FUNCTION app.announce() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_notify('riskmap_event', ''); RETURN NULL; END $$;
CREATE TRIGGER event_announce AFTER INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION app.announce();

CREATE TABLE idempotency (
  actor        text NOT NULL,
  key          text NOT NULL CHECK (length(key) BETWEEN 8 AND 200),
  route        text NOT NULL,
  request_hash text NOT NULL,
  status       int,
  response     jsonb,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (actor, key)
);
