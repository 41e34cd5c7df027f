-- Incidents (突发事件): what happened, its log, the plans made for it, and what they hold of shelters and stock.
-- An incident and its log are read by all staff: gas and help know no district's border, and who keeps a shelter must know that it is wanted.
-- A plan names risk sources, sites and stock of many units: it is read by the city and by the units it touches (`touches`).
-- Nothing is changed or taken away; what is known of an incident now is its last log row. Who commands: incident.command in riskmap/core/role.py.

CREATE FUNCTION app.may_read_incident() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT app.role() IN ('street_clerk', 'district_clerk', 'reviewer', 'district_head', 'risk_officer', 'commander', 'operator') $$;
CREATE FUNCTION app.may_command() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT app.role() IN ('risk_officer', 'commander', 'operator') AND app.sees_all() $$;

CREATE SEQUENCE incident_number;
GRANT USAGE ON SEQUENCE incident_number TO riskmap_app;

CREATE TABLE incident (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code          text NOT NULL UNIQUE,
  geom          geometry(Point, 4326) NOT NULL,
  district_code text REFERENCES district,              -- null: outside the city's districts
  address       text CHECK (length(address) <= 300),
  feature_id    bigint REFERENCES feature,             -- the plant or source it happened at
  happened_at   timestamptz,                           -- null: not known yet
  reported_at   timestamptz NOT NULL,
  recorded_at   timestamptz NOT NULL DEFAULT now(),    -- when it was entered here
  exercise      boolean NOT NULL DEFAULT false,        -- 演练
  actor         text NOT NULL,
  CHECK (happened_at IS NULL OR happened_at <= reported_at)
);

-- move: open, facts (something is known better), note, plan, reserve, close, reopen. `facts` is all that is known after this row.
CREATE TABLE incident_log (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  incident_id   bigint NOT NULL REFERENCES incident,
  seq           int NOT NULL,                          -- version of the incident after this row
  move          text NOT NULL CHECK (move IN ('open', 'facts', 'note', 'plan', 'reserve', 'close', 'reopen')),
  state         text NOT NULL CHECK (state IN ('open', 'closed')),
  facts         jsonb NOT NULL CHECK (jsonb_typeof(facts) = 'object' AND facts ? 'title' AND facts ? 'kind'),
  note          text CHECK (length(note) <= 2000),
  actor         text NOT NULL,
  person        text,                                  -- name of the actor as shown then
  happened_at   timestamptz NOT NULL,
  recorded_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (incident_id, seq)
);

CREATE TABLE plan (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  incident_id   bigint NOT NULL REFERENCES incident,
  number        int NOT NULL,                          -- 第 n 版
  inputs        jsonb NOT NULL,                        -- as the commander gave them
  assumptions   jsonb NOT NULL,
  outcome       jsonb NOT NULL,
  hash          text NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),  -- SHA-256 of inputs, assumptions and outcome
  touches       int[] NOT NULL DEFAULT '{}',           -- organisations whose people, shelters, stock or teams are in it
  actor         text NOT NULL,
  person        text,
  recorded_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (incident_id, number)
);

-- Places of a shelter, or pieces of a kind of supply in a depot, held for an incident: until `expires_at`, or for good once confirmed.
CREATE TABLE reservation (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  incident_id   bigint NOT NULL REFERENCES incident,
  plan_id       bigint REFERENCES plan,
  feature_id    bigint NOT NULL REFERENCES feature,
  kind          text NOT NULL CHECK (kind IN ('places', 'stock')),
  supply_code   text CHECK (supply_code ~ '^[0-9]{7}$'),
  unit          text,
  quantity      numeric(14, 2) NOT NULL CHECK (quantity > 0),
  out_of        numeric(14, 2) NOT NULL CHECK (out_of >= 0),  -- what may be held in all: places not lived in, or stock over its reserve
  state         text NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'confirmed', 'released')),
  expires_at    timestamptz NOT NULL,
  actor         text NOT NULL,
  decided_by    text,
  decided_at    timestamptz,
  recorded_at   timestamptz NOT NULL DEFAULT now(),
  CHECK ((kind = 'stock') = (supply_code IS NOT NULL AND unit IS NOT NULL))
);
CREATE INDEX reservation_feature_idx  ON reservation (feature_id, kind) WHERE state <> 'released';
CREATE INDEX reservation_incident_idx ON reservation (incident_id);

CREATE VIEW incident_now WITH (security_invoker = true) AS
  SELECT i.id, i.code, ST_X(i.geom) AS lon, ST_Y(i.geom) AS lat, i.district_code, i.address, i.feature_id, i.happened_at, i.reported_at, i.recorded_at,
         i.exercise, i.actor, l.state, l.facts, l.seq AS version, l.recorded_at AS changed_at
  FROM incident i
  JOIN LATERAL (SELECT * FROM incident_log l WHERE l.incident_id = i.id ORDER BY l.seq DESC LIMIT 1) l ON true;

CREATE VIEW reservation_active WITH (security_invoker = true) AS
  SELECT r.* FROM reservation r WHERE r.state = 'confirmed' OR (r.state = 'held' AND r.expires_at > now());

CREATE FUNCTION app.keep_incident_log() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  last incident_log;
BEGIN
  NEW.actor := app.actor();
  IF NEW.incident_id IS NULL OR NEW.move IS NULL THEN RETURN NEW; END IF;
  PERFORM pg_advisory_xact_lock(19, (NEW.incident_id % 2147483647)::int);
  SELECT * INTO last FROM incident_log WHERE incident_id = NEW.incident_id ORDER BY seq DESC LIMIT 1;
  IF NEW.seq IS NOT NULL AND NEW.seq <> coalesce(last.seq, 0) + 1 THEN
    RAISE EXCEPTION 'incident % has moved on', NEW.incident_id USING ERRCODE = 'unique_violation';
  END IF;
  NEW.seq := coalesce(last.seq, 0) + 1;
  IF (NEW.move = 'open') <> (last.id IS NULL) THEN
    RAISE EXCEPTION 'an incident is opened once, and first' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.move IN ('facts', 'plan', 'reserve', 'close') AND last.state <> 'open' OR NEW.move = 'reopen' AND last.state <> 'closed' THEN
    RAISE EXCEPTION 'an incident that is % does not %', last.state, NEW.move USING ERRCODE = 'restrict_violation';
  END IF;
  NEW.state := CASE NEW.move WHEN 'close' THEN 'closed' WHEN 'note' THEN last.state ELSE 'open' END;
  IF NEW.move NOT IN ('open', 'facts') THEN
    NEW.facts := last.facts;
  END IF;
  IF NEW.move IN ('note', 'close', 'reopen') AND coalesce(length(btrim(NEW.note)), 0) < 2 THEN
    RAISE EXCEPTION '% is given with its words', NEW.move USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER incident_log_moves BEFORE INSERT ON incident_log FOR EACH ROW EXECUTE FUNCTION app.keep_incident_log();

CREATE FUNCTION app.keep_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.actor := app.actor();
  IF NEW.incident_id IS NULL THEN RETURN NEW; END IF;
  PERFORM pg_advisory_xact_lock(19, (NEW.incident_id % 2147483647)::int);
  NEW.number := coalesce((SELECT max(number) FROM plan WHERE incident_id = NEW.incident_id), 0) + 1;
  RETURN NEW;
END $$;
CREATE TRIGGER plan_numbered BEFORE INSERT ON plan FOR EACH ROW EXECUTE FUNCTION app.keep_plan();

-- Never more held than there is, whoever asks at the same time: holders of one place take turns.
CREATE FUNCTION app.keep_reservation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  taken numeric;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW.state = OLD.state THEN RETURN NEW; END IF;
    IF OLD.state = 'released' OR NEW.state = 'held' THEN
      RAISE EXCEPTION 'what was released is reserved anew' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'confirmed' AND OLD.expires_at <= now() THEN
      RAISE EXCEPTION 'this reservation has expired' USING ERRCODE = 'restrict_violation';
    END IF;
    NEW.decided_by := app.actor();
    NEW.decided_at := now();
    RETURN NEW;
  END IF;
  NEW.actor := app.actor();
  NEW.state := 'held'; NEW.decided_by := NULL; NEW.decided_at := NULL;
  IF NEW.feature_id IS NULL OR NEW.quantity IS NULL OR NEW.out_of IS NULL THEN RETURN NEW; END IF;
  PERFORM pg_advisory_xact_lock(20, (NEW.feature_id % 2147483647)::int);
  SELECT coalesce(sum(r.quantity), 0) INTO taken FROM reservation_active r
  WHERE r.feature_id = NEW.feature_id AND r.kind = NEW.kind AND r.supply_code IS NOT DISTINCT FROM NEW.supply_code;
  IF taken + NEW.quantity > NEW.out_of THEN
    RAISE EXCEPTION '% of % are held already', taken, NEW.out_of USING ERRCODE = 'check_violation', CONSTRAINT = 'reservation_room';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER reservation_kept BEFORE INSERT OR UPDATE ON reservation FOR EACH ROW EXECUTE FUNCTION app.keep_reservation();

CREATE FUNCTION app.incident_named() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.actor := app.actor();
  NEW.code := 'SJ-' || to_char(now() AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDD') || '-' || lpad(nextval('incident_number')::text, 4, '0');
  RETURN NEW;
END $$;
CREATE TRIGGER incident_named BEFORE INSERT ON incident FOR EACH ROW EXECUTE FUNCTION app.incident_named();

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['incident', 'incident_log', 'plan', 'reservation'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY %I ON %I FOR INSERT TO riskmap_app WITH CHECK ((SELECT app.may_command()))', t || '_insert', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO riskmap_app', t);
    EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change()', t || '_append', t);
  END LOOP;
END $$;
CREATE POLICY incident_read     ON incident     FOR SELECT TO riskmap_app USING ((SELECT app.actor()) IS NOT NULL AND (SELECT app.may_read_incident()));
CREATE POLICY incident_log_read ON incident_log FOR SELECT TO riskmap_app USING ((SELECT app.actor()) IS NOT NULL AND (SELECT app.may_read_incident()));
CREATE POLICY reservation_read  ON reservation  FOR SELECT TO riskmap_app USING ((SELECT app.actor()) IS NOT NULL AND (SELECT app.may_read_incident()));
CREATE POLICY reservation_turn  ON reservation  FOR UPDATE TO riskmap_app USING ((SELECT app.may_command())) WITH CHECK ((SELECT app.may_command()));
CREATE POLICY plan_read         ON plan         FOR SELECT TO riskmap_app
  USING ((SELECT app.actor()) IS NOT NULL AND (SELECT app.may_read_incident()) AND ((SELECT app.sees_all()) OR touches && (SELECT app.orgs())::int[]));
GRANT UPDATE (state, decided_by, decided_at) ON reservation TO riskmap_app;
GRANT SELECT ON incident_now, reservation_active TO riskmap_app;
