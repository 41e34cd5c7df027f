-- What happens in a shelter: its state and how many people are in it, reported over time, append-only.
-- The state in force is the record's own field `state`: a report writes it there at once, with a version, so that map, list and grading say
-- the same. People count for the opening they were counted in; of another one they say nothing.

-- Who reports: shelter.report in riskmap/core/role.py.
CREATE FUNCTION app.may_report_shelter() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT app.role() IN ('street_clerk', 'district_clerk', 'risk_officer', 'operator') $$;

CREATE TABLE shelter_state (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  feature_id   bigint NOT NULL,
  steward_org  int NOT NULL,
  state        text NOT NULL CHECK (state IN ('normal', 'opened', 'full', 'closed')),  -- 平时 启用 已满 关闭
  counted      boolean NOT NULL DEFAULT false,        -- follows from a count of people, nobody said it
  opened_at    timestamptz,                           -- when the opening began that it belongs to; null: not open
  note         text,
  happened_at  timestamptz NOT NULL,
  actor        text NOT NULL,
  recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  CHECK ((opened_at IS NULL) = (state IN ('normal', 'closed'))),
  FOREIGN KEY (feature_id, steward_org) REFERENCES feature (id, steward_org) ON UPDATE CASCADE
);
CREATE INDEX shelter_state_feature_idx ON shelter_state (feature_id, id DESC);

CREATE TABLE shelter_occupancy (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  feature_id   bigint NOT NULL,
  steward_org  int NOT NULL,
  people       int NOT NULL CHECK (people BETWEEN 0 AND 2000000),
  note         text,
  counted_at   timestamptz NOT NULL,
  actor        text NOT NULL,
  recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  FOREIGN KEY (feature_id, steward_org) REFERENCES feature (id, steward_org) ON UPDATE CASCADE
);
CREATE INDEX shelter_occupancy_feature_idx ON shelter_occupancy (feature_id, counted_at DESC, id DESC);

-- A shelter now: its state with the time it is told of (null: by the record alone), and the last count of people of this opening.
CREATE VIEW shelter_now WITH (security_invoker = true) AS
  SELECT f.id AS feature_id, f.steward_org, f.attributes ->> 'state' AS state, s.happened_at AS state_at, s.actor AS state_by, s.note, s.counted, s.opened_at,
         o.id AS occupancy_id, o.people, o.counted_at, o.actor AS counted_by
  FROM feature f
  LEFT JOIN LATERAL (SELECT * FROM shelter_state x WHERE x.feature_id = f.id ORDER BY x.id DESC LIMIT 1) last ON true
  LEFT JOIN LATERAL (SELECT last.happened_at, last.actor, last.note, last.counted, last.opened_at WHERE last.state = f.attributes ->> 'state') s ON true
  LEFT JOIN LATERAL (SELECT * FROM shelter_occupancy x
                     WHERE x.feature_id = f.id AND f.attributes ->> 'state' IN ('opened', 'full')
                       -- opened by a change of the record: what was counted before the last state told says nothing
                       AND x.counted_at >= coalesce(last.opened_at, last.happened_at, '-infinity')
                     ORDER BY x.counted_at DESC, x.id DESC LIMIT 1) o ON true
  WHERE f.layer = 'shelter';

CREATE FUNCTION app.keep_shelter() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  is_now shelter_now;
  last shelter_state;
  room bigint;
BEGIN
  IF app.actor() IS NULL OR NEW.actor IS DISTINCT FROM app.actor() THEN
    RAISE EXCEPTION 'a shelter is reported in the name of who reports' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('shelter'), (NEW.feature_id % 2147483647)::int);   -- one report after the other
  SELECT * INTO is_now FROM shelter_now WHERE feature_id = NEW.feature_id AND steward_org = NEW.steward_org;
  IF NOT FOUND OR NOT (SELECT f.status <> 'retired' FROM feature f WHERE f.id = NEW.feature_id) THEN
    RAISE EXCEPTION 'no shelter in force' USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT CASE WHEN f.attributes ->> 'capacity' ~ '^[0-9]{1,9}(\.[0-9]+)?$' THEN floor((f.attributes ->> 'capacity')::numeric) END INTO room FROM feature f WHERE f.id = NEW.feature_id;

  IF TG_TABLE_NAME = 'shelter_occupancy' THEN
    IF coalesce(is_now.state, '') NOT IN ('opened', 'full') THEN
      RAISE EXCEPTION 'people are counted in an open shelter' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.counted_at > clock_timestamp() + interval '5 minutes' OR NEW.counted_at < is_now.opened_at THEN
      RAISE EXCEPTION 'counted outside of this opening' USING ERRCODE = 'check_violation', CONSTRAINT = 'shelter_when';
    END IF;
    RETURN NEW;
  END IF;

  SELECT * INTO last FROM shelter_state WHERE feature_id = NEW.feature_id ORDER BY id DESC LIMIT 1;
  IF NEW.happened_at > clock_timestamp() + interval '5 minutes' OR NEW.happened_at < last.happened_at THEN
    RAISE EXCEPTION 'states are told in their order' USING ERRCODE = 'check_violation', CONSTRAINT = 'shelter_when';
  END IF;
  IF NEW.state IN ('normal', 'closed') AND is_now.people > 0 THEN
    RAISE EXCEPTION '% people are still in it', is_now.people USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.state = 'opened' AND is_now.people >= room THEN
    RAISE EXCEPTION '% people of % are in it: it is full', is_now.people, room USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.state = 'full' AND NOT coalesce(is_now.people >= room, false) AND coalesce(length(btrim(NEW.note)), 0) < 2 THEN
    RAISE EXCEPTION 'full against the count, or without one, has a reason' USING ERRCODE = 'restrict_violation';
  END IF;
  NEW.opened_at := CASE WHEN NEW.state IN ('opened', 'full') THEN
                     CASE WHEN is_now.state IN ('opened', 'full') THEN coalesce(last.opened_at, is_now.counted_at, NEW.happened_at) ELSE NEW.happened_at END END;
  RETURN NEW;
END $$;
CREATE TRIGGER shelter_state_kept     BEFORE INSERT ON shelter_state     FOR EACH ROW EXECUTE FUNCTION app.keep_shelter();
CREATE TRIGGER shelter_occupancy_kept BEFORE INSERT ON shelter_occupancy FOR EACH ROW EXECUTE FUNCTION app.keep_shelter();

-- What a report says stands in the record at once, with a version of its own; nothing else of the record moves.
CREATE FUNCTION app.shelter_told() RETURNS trigger LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  f public.feature;
BEGIN
  UPDATE public.feature SET attributes = attributes || jsonb_build_object('state', NEW.state), version = version + 1, recorded_at = NEW.recorded_at
  WHERE id = NEW.feature_id AND steward_org = NEW.steward_org AND layer = 'shelter' AND attributes ->> 'state' IS DISTINCT FROM NEW.state RETURNING * INTO f;
  IF f.id IS NOT NULL THEN
    INSERT INTO public.feature_version (feature_id, version, layer, steward_org, operation, "row", actor, recorded_at)
    VALUES (f.id, f.version, f.layer, f.steward_org, 'change', app.feature_row(f), NEW.actor, NEW.recorded_at);
  END IF;
  RETURN NULL;
END $$;
GRANT CREATE ON SCHEMA app TO riskmap_sight;
ALTER FUNCTION app.shelter_told() OWNER TO riskmap_sight;
REVOKE CREATE ON SCHEMA app FROM riskmap_sight;
GRANT UPDATE (attributes) ON feature TO riskmap_sight;
CREATE POLICY feature_version_told ON feature_version FOR INSERT TO riskmap_sight WITH CHECK (operation = 'change' AND layer = 'shelter');
CREATE TRIGGER shelter_state_told AFTER INSERT ON shelter_state FOR EACH ROW EXECUTE FUNCTION app.shelter_told();
SET LOCAL ROLE riskmap_sight;
REVOKE ALL ON FUNCTION app.shelter_told() FROM PUBLIC;
SET LOCAL ROLE riskmap_owner;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['shelter_state', 'shelter_occupancy'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO riskmap_engine USING (true)', t || '_engine', t);
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO riskmap_app
                      USING ((SELECT app.actor()) IS NOT NULL AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))', t || '_read', t);
    EXECUTE format('CREATE POLICY %I ON %I FOR INSERT TO riskmap_app
                      WITH CHECK ((SELECT app.may_report_shelter()) AND ((SELECT app.sees_all()) OR steward_org = ANY ((SELECT app.orgs())::int[])))', t || '_insert', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO riskmap_app', t);
    EXECUTE format('GRANT SELECT ON %I TO riskmap_engine', t);
    EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change()', t || '_append', t);
  END LOOP;
END $$;
GRANT SELECT ON shelter_now TO riskmap_app, riskmap_engine;
