-- What one sees of the city is the own part of it. A few numbers must be right all the same: the level a record takes over from its major
-- hazard, what follows when that level moves, the next free code. Each is a function of riskmap_sight, a role nobody signs in as, that gives
-- just that number and only to who may have it. And a record changes hands, is split or merged: by proposal, linked both ways, never lost.

GRANT USAGE ON SCHEMA app, public TO riskmap_sight;
CREATE SCHEMA code_number AUTHORIZATION riskmap_sight;  -- one sequence for each district

GRANT SELECT ON feature TO riskmap_sight;
GRANT UPDATE (effective_level, steward_org, version, recorded_at) ON feature TO riskmap_sight;
CREATE POLICY feature_sight_read  ON feature FOR SELECT TO riskmap_sight USING (true);
CREATE POLICY feature_sight_write ON feature FOR UPDATE TO riskmap_sight USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON feature_version TO riskmap_sight;
CREATE POLICY feature_version_sight ON feature_version FOR SELECT TO riskmap_sight USING (true);
CREATE POLICY feature_version_hand  ON feature_version FOR INSERT TO riskmap_sight WITH CHECK (operation = 'transfer' AND change_id IS NOT NULL);
GRANT SELECT ON feature_change TO riskmap_sight;
CREATE POLICY feature_change_sight ON feature_change FOR SELECT TO riskmap_sight USING (true);

-- The level of a major hazard, for what hangs on it: told to who sees the hazard, or has a record of his own on it, whose level says it anyway.
CREATE FUNCTION app.level_above(parent bigint, layers text[]) RETURNS smallint LANGUAGE sql STABLE STRICT SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS
$$ SELECT p.effective_level FROM public.feature p
   WHERE p.id = parent AND p.layer = ANY (layers)
     AND (app.sees_all() OR p.steward_org = ANY (app.orgs()) OR p.layer = ANY (app.staff_layers())
          OR EXISTS (SELECT 1 FROM public.feature c WHERE c.parent_id = p.id AND c.steward_org = ANY (app.orgs()))) $$;

-- Levels that follow from the major hazards a batch of one's own wrote, in whatever unit the records below stand. Says nothing.
CREATE FUNCTION app.follow(batch bigint, layers text[]) RETURNS void LANGUAGE plpgsql VOLATILE STRICT SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT (app.may_put() OR app.may_decide()) THEN
    RAISE EXCEPTION 'this role puts nothing in force' USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE public.feature c SET effective_level = least(c.level, p.effective_level)
  FROM public.feature p
  WHERE c.parent_id = p.id AND p.batch_id = batch AND p.layer = ANY (layers) AND (app.sees_all() OR p.steward_org = ANY (app.orgs()))
    AND c.effective_level IS DISTINCT FROM least(c.level, p.effective_level);
END $$;

-- The next code of a district: PREFIX-110115-000001. Numbers are the district's, whatever the layer and the unit; one that was given is never
-- given again, taken back or not, and two at once neither wait for each other nor get the same.
CREATE FUNCTION app.begin_numbers(place text) RETURNS void LANGUAGE plpgsql VOLATILE STRICT SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  last bigint;
BEGIN
  IF place !~ '^[0-9]{6}$' THEN
    RAISE EXCEPTION 'not a district: %', place USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF to_regclass('code_number.' || quote_ident(place)) IS NOT NULL THEN
    RETURN;
  END IF;
  SELECT coalesce(max(right(code, 6)::bigint), 0) INTO last FROM (
    SELECT f.code FROM public.feature f UNION ALL SELECT v."row" ->> 'code' FROM public.feature_version v) held
  WHERE code ~ ('^[A-Z]+-' || place || '-[0-9]{6}$');
  EXECUTE format('CREATE SEQUENCE IF NOT EXISTS code_number.%I START WITH %s', place, last + 1);
END $$;

CREATE FUNCTION app.next_code(prefix text, place text) RETURNS text LANGUAGE plpgsql VOLATILE STRICT SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  number bigint;
  made text;
BEGIN
  IF NOT (app.may_put() OR app.may_decide()) THEN
    RAISE EXCEPTION 'this role puts nothing in force' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM app.begin_numbers(place);
  LOOP
    number := nextval(format('code_number.%I', place)::regclass);
    made := prefix || '-' || place || '-' || lpad(number::text, greatest(6, length(number::text)), '0');
    EXIT WHEN NOT EXISTS (SELECT 1 FROM public.feature f WHERE f.code = made);
  END LOOP;
  RETURN made;
END $$;

CREATE FUNCTION app.number_district() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM app.begin_numbers(NEW.code); RETURN NULL; END $$;

-- A record goes to another organisation: exactly what was approved a moment ago, by the one who approved it for the side that takes it.
CREATE FUNCTION app.hand_over(change bigint) RETURNS void LANGUAGE plpgsql VOLATILE STRICT SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  c public.feature_change;
  f public.feature;
BEGIN
  SELECT * INTO c FROM public.feature_change WHERE id = change;
  IF c.id IS NULL OR c.kind <> 'transfer' OR c.state <> 'approved' OR c.checker IS DISTINCT FROM app.actor() OR NOT app.may_decide()
     OR NOT c.to_org = ANY (app.orgs()) OR EXISTS (SELECT 1 FROM public.feature_version v WHERE v.change_id = c.id) THEN
    RAISE EXCEPTION 'proposal % hands nothing over', change USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE public.feature SET steward_org = c.to_org, version = version + 1, recorded_at = c.decided_at
  WHERE id = c.feature_id AND version = c.base_version AND steward_org = c.from_org AND status <> 'retired' RETURNING * INTO f;
  IF f.id IS NULL THEN
    RAISE EXCEPTION 'the record of proposal % moved on', change USING ERRCODE = 'serialization_failure';
  END IF;
  INSERT INTO public.feature_version (feature_id, version, layer, steward_org, operation, "row", actor, change_id, recorded_at)
  VALUES (f.id, f.version, f.layer, f.steward_org, 'transfer', app.feature_row(f), app.actor(), c.id, c.decided_at);
END $$;

-- A record has a link to what it became (merged_into) and to what it came of (split_from).
ALTER TABLE feature
  ADD COLUMN split_from bigint REFERENCES feature,
  ADD CONSTRAINT feature_merged CHECK (merged_into IS NULL OR (status = 'retired' AND merged_into <> id)),
  ADD CONSTRAINT feature_split  CHECK (split_from <> id);
CREATE INDEX feature_merged_idx ON feature (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX feature_split_idx  ON feature (split_from) WHERE split_from IS NOT NULL;

CREATE OR REPLACE FUNCTION app.feature_row(f feature) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT jsonb_build_object('code', f.code, 'name', f.name, 'parent_id', f.parent_id, 'steward_org', f.steward_org, 'district_code', f.district_code,
     'town_code', f.town_code, 'address', f.address, 'level', f.level, 'effective_level', f.effective_level, 'lon', ST_X(f.geom), 'lat', ST_Y(f.geom),
     'cell', f.cell, 'status', f.status, 'missing', to_jsonb(f.missing), 'verified_on', f.verified_on, 'attributes', f.attributes, 'search', f.search, 'demo', f.demo)
   || CASE WHEN f.merged_into IS NOT NULL THEN jsonb_build_object('merged_into', f.merged_into) ELSE '{}' END
   || CASE WHEN f.split_from  IS NOT NULL THEN jsonb_build_object('split_from', f.split_from)  ELSE '{}' END $$;

-- Nobody's hand moves a record to another organisation but app.hand_over.
CREATE FUNCTION app.keep_steward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_user <> 'riskmap_sight' THEN
    RAISE EXCEPTION 'record % changes hands by a confirmed transfer only', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER feature_steward BEFORE UPDATE ON feature FOR EACH ROW WHEN (NEW.steward_org IS DISTINCT FROM OLD.steward_org) EXECUTE FUNCTION app.keep_steward();

-- A transfer has two sides: submitted → confirmed by the giving side's reviewer → approved, or returned, by the taking side's.
ALTER TABLE feature_change
  ADD COLUMN from_org     int REFERENCES org,
  ADD COLUMN to_org       int REFERENCES org,
  ADD COLUMN confirmed_by text,
  ADD COLUMN confirmed_at timestamptz,
  DROP CONSTRAINT feature_change_state_check,
  ADD CONSTRAINT feature_change_state_check CHECK (state IN ('draft', 'submitted', 'confirmed', 'returned', 'approved', 'withdrawn')),
  ADD CONSTRAINT feature_change_sides CHECK (CASE WHEN kind = 'transfer' THEN from_org IS NOT NULL AND to_org IS NOT NULL AND from_org <> to_org
                                                  ELSE num_nulls(from_org, to_org, confirmed_by, confirmed_at) = 4 END),
  ADD CONSTRAINT feature_change_three_people CHECK (confirmed_by IS NULL OR (confirmed_by <> maker AND confirmed_by IS DISTINCT FROM checker)),
  ADD CONSTRAINT feature_change_confirmed CHECK (kind <> 'transfer' OR state NOT IN ('confirmed', 'approved') OR (confirmed_by IS NOT NULL AND confirmed_at IS NOT NULL));
DROP INDEX feature_change_open_idx;
CREATE UNIQUE INDEX feature_change_open_idx ON feature_change (feature_id) WHERE state IN ('draft', 'submitted', 'confirmed', 'returned') AND feature_id IS NOT NULL;
CREATE INDEX feature_change_to_idx ON feature_change (to_org, state) WHERE to_org IS NOT NULL;

CREATE OR REPLACE FUNCTION app.may_move(before text, after text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (before, after) IN (('draft', 'submitted'), ('draft', 'withdrawn'), ('submitted', 'returned'), ('submitted', 'approved'),
                              ('submitted', 'confirmed'), ('confirmed', 'approved'), ('confirmed', 'returned'),
                              ('returned', 'submitted'), ('returned', 'draft'), ('returned', 'withdrawn')) $$;

CREATE OR REPLACE FUNCTION app.keep_life_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  actor text := app.actor();
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'draft' OR NEW.checker IS NOT NULL OR NEW.decided_at IS NOT NULL OR NEW.reason IS NOT NULL OR NEW.submitted_at IS NOT NULL
       OR NEW.confirmed_by IS NOT NULL OR NEW.confirmed_at IS NOT NULL OR NEW.version <> 1 OR (NEW.kind = 'create' AND NEW.feature_id IS NOT NULL)
       OR NEW.from_org IS DISTINCT FROM (CASE WHEN NEW.kind = 'transfer' THEN NEW.steward_org END) THEN
      RAISE EXCEPTION 'a proposal begins as a draft' USING ERRCODE = 'restrict_violation';
    END IF;
    IF actor IS NULL OR NEW.maker <> actor THEN
      RAISE EXCEPTION 'a proposal is made in the name of who makes it' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
  END IF;

  -- A record handed over to another organisation takes its proposals along (foreign key, ON UPDATE CASCADE), and nothing else of them moves.
  IF NEW.steward_org <> OLD.steward_org THEN
    IF OLD.feature_id IS NULL OR to_jsonb(NEW) - 'steward_org' <> to_jsonb(OLD) - 'steward_org' THEN
      RAISE EXCEPTION 'a proposal does not change hands' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.id, NEW.layer, NEW.kind, NEW.maker, NEW.created_at, NEW.batch_id, NEW.from_org, NEW.to_org)
       IS DISTINCT FROM (OLD.id, OLD.layer, OLD.kind, OLD.maker, OLD.created_at, OLD.batch_id, OLD.from_org, OLD.to_org)
     OR (NEW.feature_id IS DISTINCT FROM OLD.feature_id AND NOT (OLD.feature_id IS NULL AND NEW.state = 'approved')) THEN
    RAISE EXCEPTION 'what a proposal is about does not change' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.version <> OLD.version + 1 THEN
    RAISE EXCEPTION 'every step of a proposal is a new version of it' USING ERRCODE = 'restrict_violation';
  END IF;

  IF NEW.state = OLD.state THEN
    IF OLD.state NOT IN ('draft', 'returned') THEN
      RAISE EXCEPTION 'a proposal that was handed in is not edited' USING ERRCODE = 'restrict_violation';
    END IF;
    IF actor IS NULL OR actor <> OLD.maker THEN
      RAISE EXCEPTION 'only its maker edits a proposal' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (NEW.checker, NEW.reason, NEW.decided_at, NEW.submitted_at, NEW.confirmed_by, NEW.confirmed_at)
         IS DISTINCT FROM (OLD.checker, OLD.reason, OLD.decided_at, OLD.submitted_at, OLD.confirmed_by, OLD.confirmed_at) THEN
      RAISE EXCEPTION 'an edit decides nothing' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;

  IF NOT app.may_move(OLD.state, NEW.state) OR (OLD.kind = 'transfer' AND OLD.state = 'submitted' AND NEW.state = 'approved')
     OR (OLD.kind <> 'transfer' AND NEW.state = 'confirmed') THEN
    RAISE EXCEPTION 'a proposal does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.payload, NEW.findings, NEW.base_version) IS DISTINCT FROM (OLD.payload, OLD.findings, OLD.base_version) THEN
    RAISE EXCEPTION 'a move changes nothing of what is proposed' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.state IN ('confirmed', 'returned', 'approved') THEN
    IF NOT app.may_decide() THEN
      RAISE EXCEPTION 'this role does not decide' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF actor IS NULL OR actor = OLD.maker OR (NEW.state <> 'confirmed' AND NEW.checker IS DISTINCT FROM actor) THEN
      RAISE EXCEPTION 'nobody decides on a proposal of his own, nor in another name' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- Who was the built-in officer before accounts is a city officer now, under another name.
    IF OLD.maker = 'officer' AND app.role() = 'risk_officer' THEN
      RAISE EXCEPTION 'what the built-in officer proposed is decided by a reviewer' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.kind = 'transfer' THEN
      IF NOT ((CASE WHEN OLD.state = 'confirmed' THEN OLD.to_org ELSE OLD.from_org END) = ANY (app.orgs())) OR (actor = OLD.confirmed_by AND NEW.state = 'approved') THEN
        RAISE EXCEPTION 'each side confirms a transfer for itself' USING ERRCODE = 'insufficient_privilege';
      END IF;
      IF NEW.state = 'confirmed' THEN
        IF NEW.confirmed_by IS DISTINCT FROM actor OR NEW.confirmed_at IS NULL THEN
          RAISE EXCEPTION 'a confirmation bears a name and a time' USING ERRCODE = 'restrict_violation';
        END IF;
        NEW.checker := NULL; NEW.reason := NULL; NEW.decided_at := NULL;
      ELSIF NEW.state = 'returned' THEN
        NEW.confirmed_by := NULL; NEW.confirmed_at := NULL;
      END IF;
    END IF;
  ELSE
    -- Nobody signs in as the built-in officer any more: what it left open, a city officer takes back.
    IF actor IS NULL OR (actor <> OLD.maker AND NOT (OLD.maker = 'officer' AND NEW.state = 'withdrawn' AND app.role() = 'risk_officer')) THEN
      RAISE EXCEPTION 'only its maker hands a proposal in or takes it back' USING ERRCODE = 'insufficient_privilege';
    END IF;
  END IF;
  IF (NEW.confirmed_by, NEW.confirmed_at) IS DISTINCT FROM (OLD.confirmed_by, OLD.confirmed_at) AND NOT (OLD.kind = 'transfer' AND NEW.state IN ('confirmed', 'returned')) THEN
    RAISE EXCEPTION 'a confirmation stands' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;

-- A split puts several records in force: the one it ends, and those that came of it.
CREATE OR REPLACE FUNCTION app.in_force_is_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM feature_change c WHERE c.id = NEW.change_id AND c.state = 'approved'
                 AND (c.feature_id = NEW.feature_id OR (c.kind = 'split' AND EXISTS (SELECT 1 FROM feature f WHERE f.id = NEW.feature_id AND f.split_from = c.feature_id)))) THEN
    RAISE EXCEPTION 'version % of record % names a proposal that was not approved', NEW.version, NEW.feature_id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;

-- A transfer is seen from both sides: by the giving one for good, by who decides on the taking one as soon as it is confirmed.
CREATE POLICY feature_change_given ON feature_change FOR SELECT TO riskmap_app
  USING (kind = 'transfer' AND (SELECT app.actor()) IS NOT NULL AND from_org = ANY ((SELECT app.orgs())::int[]));
CREATE POLICY feature_change_taken ON feature_change FOR SELECT TO riskmap_app
  USING (kind = 'transfer' AND (SELECT app.may_decide()) AND to_org = ANY ((SELECT app.orgs())::int[])
         AND (state IN ('confirmed', 'approved') OR (state = 'returned' AND checker = (SELECT app.actor()))));
CREATE POLICY feature_change_take ON feature_change FOR UPDATE TO riskmap_app
  USING (kind = 'transfer' AND (SELECT app.may_decide()) AND to_org = ANY ((SELECT app.orgs())::int[]) AND state = 'confirmed')
  WITH CHECK (kind = 'transfer' AND (SELECT app.may_decide()) AND to_org = ANY ((SELECT app.orgs())::int[]) AND state IN ('approved', 'returned'));
CREATE POLICY feature_change_event_sides ON feature_change_event FOR ALL TO riskmap_app
  USING (EXISTS (SELECT 1 FROM feature_change c WHERE c.id = change_id AND c.kind = 'transfer'))
  WITH CHECK (EXISTS (SELECT 1 FROM feature_change c WHERE c.id = change_id AND c.kind = 'transfer'));

-- The history of a record goes where the record goes.
CREATE POLICY feature_version_handed ON feature_version FOR SELECT TO riskmap_app
  USING ((SELECT app.actor()) IS NOT NULL AND EXISTS (SELECT 1 FROM feature f WHERE f.id = feature_id AND f.steward_org = ANY ((SELECT app.orgs())::int[])));

GRANT CREATE ON SCHEMA app TO riskmap_sight;
ALTER FUNCTION app.level_above(bigint, text[]) OWNER TO riskmap_sight;
ALTER FUNCTION app.follow(bigint, text[])      OWNER TO riskmap_sight;
ALTER FUNCTION app.begin_numbers(text)         OWNER TO riskmap_sight;
ALTER FUNCTION app.next_code(text, text)       OWNER TO riskmap_sight;
ALTER FUNCTION app.hand_over(bigint)           OWNER TO riskmap_sight;
REVOKE CREATE ON SCHEMA app FROM riskmap_sight;

SET LOCAL ROLE riskmap_sight;
REVOKE ALL ON FUNCTION app.level_above(bigint, text[]), app.follow(bigint, text[]), app.begin_numbers(text), app.next_code(text, text), app.hand_over(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.level_above(bigint, text[]), app.follow(bigint, text[]), app.next_code(text, text), app.hand_over(bigint) TO riskmap_app;
GRANT EXECUTE ON FUNCTION app.begin_numbers(text) TO riskmap_owner;
SET LOCAL ROLE riskmap_owner;

CREATE TRIGGER district_numbers AFTER INSERT ON district FOR EACH ROW EXECUTE FUNCTION app.number_district();
DO $$ DECLARE d text; BEGIN FOR d IN SELECT code FROM district UNION SELECT '110000' LOOP PERFORM app.begin_numbers(d); END LOOP; END $$;
